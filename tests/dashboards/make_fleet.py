"""The fleet's day as a file of OpenMetrics text, for promtool."""
import collections

import fleet
import fleet_data
import fleet_series

# start and end in epoch seconds; jobs with their runs; used: {family: its labels}
Day = collections.namedtuple("Day", "start end jobs used")


def make(path, hours, end):
    """The last sample is at `end`, or up to one scrape before it."""
    end -= end % fleet.SCRAPE
    start = end - hours * 3600
    samples = fleet_series.Samples()
    jobs = fleet.plan(start, end)
    fleet_series.add_jobs(samples, jobs, start, end)
    fleet_data.add_data(samples, start, end)
    fleet_data.add_backups(samples, start, end)
    fleet_data.add_exporters(samples, jobs, start, end)
    fleet_data.add_alerts(samples, start, end)
    samples.write(path)
    return Day(start, end, jobs, samples.used)
