"""The REST API of a driver that runs a workload.Workload, answered as of now. Spark's own forgetting included: it keeps
the newest 1,000 jobs, stages and queries."""
import bisect
import datetime
import json
import urllib.parse

from workload import CORES, SUMS

RETAINED = 1000
EMPTY = b"[]"


class NotFound(Exception):
    pass


class Driver:
    """answer(target) -> (status, content type, body)"""

    def __init__(self, clock, workload):
        self.clock, self.work = clock, workload
        self.asked = 0
        prefix = "/api/v1/applications/" + workload.app_id
        self.routes = {prefix + "/jobs": self._jobs, prefix + "/stages": self._stages, prefix + "/sql": self._sql,
                       prefix + "/executors": self._executors, prefix + "/allexecutors": self._all_executors,
                       prefix + "/environment": self._environment, "/metrics/json/": self._metrics,
                       prefix + "/storage/rdd": self._rdds, "/api/v1/applications": self._applications}
        self.prefix = prefix

    def answer(self, target):
        self.asked += 1
        path, _, query = target.partition("?")
        given = urllib.parse.parse_qs(query)
        now = self.clock.ms()
        try:
            if path in self.routes:
                body = self.routes[path](now, given)
            else:
                body = self._one(path.removeprefix(self.prefix).strip("/").split("/"), now, given)
        except (NotFound, ValueError, IndexError):
            return 404, "text/plain", b"unknown"
        return 200, "application/json", json.dumps(body).encode()

    def _one(self, parts, now, given):
        number = int(parts[1])
        if parts[0] == "jobs" and len(parts) == 2:
            return self._job_row(self._known(self.work.jobs, self._begun_jobs(now), number), now)
        if parts[0] == "sql" and len(parts) == 2:
            begun = bisect.bisect_right(self.work.query_starts, now)
            return self._query_row(self._known(self.work.queries, begun, number), now)
        if parts[0] == "stages":
            stage = self._known(self.work.stages, self._begun_stages(now), number)
            if len(parts) == 2:
                return self._attempt_rows(stage, now)
            attempt = [one for one in stage.attempts if one.start <= now][int(parts[2])]
            return self._tasks(attempt, now, given) if parts[3] == "taskList" else self._summary(attempt, now)
        raise NotFound

    @staticmethod
    def _known(rows, begun, number):
        if not max(0, begun - RETAINED) <= number < begun:
            raise NotFound
        return rows[number]

    # --- who and with what ----------------------------------------------------------------------

    def _time(self, ms):
        moment = datetime.datetime.fromtimestamp(self.clock.epoch_ms(ms) / 1000, datetime.timezone.utc)
        return f"{moment:%Y-%m-%dT%H:%M:%S}.{self.clock.epoch_ms(ms) % 1000:03d}GMT"

    def _applications(self, now, _):
        start = self.clock.epoch_ms(self.work.started)
        return [{"id": self.work.app_id, "name": "faulty", "attempts": [
            {"startTime": self._time(self.work.started), "startTimeEpoch": start, "sparkUser": "spark",
             "completed": False, "appSparkVersion": "3.5.9", "endTimeEpoch": -1, "duration": now}]}]

    def _environment(self, now, _):
        properties = {"spark.app.id": self.work.app_id, "spark.master": "spark://127.0.0.1:7077",
                      "spark.executor.cores": str(CORES), "spark.executor.memory": "1g", "spark.driver.memory": "1g",
                      "spark.task.cpus": "1", "spark.driver.cores": "1"}
        return {"runtime": {"javaVersion": "17"}, "sparkProperties": [list(one) for one in properties.items()]}

    def _metrics(self, now, _):
        counters = {f"{self.work.app_id}.driver.LiveListenerBus.queue.appStatus.numDroppedEvents": {"count": 0}}
        gauges = {f"{self.work.app_id}.driver.DAGScheduler.job.allJobs": {"value": self._begun_jobs(now)}}
        return {"version": "4.0.0", "gauges": gauges, "counters": counters}

    @staticmethod
    def _rdds(now, _):
        return []

    def _executors(self, now, _):
        return [row for row in self._all_executors(now, None) if row["isActive"]]

    def _all_executors(self, now, _):
        rows = [{"id": "driver", "hostPort": "10.0.0.1:7078", "isActive": True, "totalCores": 0, "maxTasks": 0,
                 "addTime": self._time(self.work.started), "totalDuration": now - self.work.started,
                 "maxMemory": 1 << 28, "memoryUsed": 0, "isExcluded": False, "activeTasks": 0, "completedTasks": 0,
                 "failedTasks": 0}]
        rows += [self._executor_row(one, now) for one in self.work.executors if one.added <= now]
        return rows

    def _executor_row(self, one, now):
        sums, active = one.at(now)
        row = {"id": str(one.id), "hostPort": f"10.0.1.{one.id % 250}:7079", "isActive": True, "totalCores": CORES,
               "maxTasks": CORES, "activeTasks": active, "completedTasks": sums[0], "failedTasks": sums[1],
               "totalDuration": sums[2], "totalGCTime": sums[2] // 20, "totalInputBytes": sums[3],
               "totalShuffleRead": sums[4], "totalShuffleWrite": sums[5], "memoryUsed": 0, "maxMemory": 1 << 28,
               "diskUsed": 0, "isExcluded": False, "addTime": self._time(one.added),
               "peakMemoryMetrics": {"JVMHeapMemory": 1 << 27, "JVMOffHeapMemory": 1 << 25,
                                     "MinorGCTime": sums[2] // 20, "MajorGCTime": 0, "TotalGCTime": sums[2] // 20}}
        if one.removed is not None and one.removed <= now:
            row.update(isActive=False, activeTasks=0, removeTime=self._time(one.removed),
                       removeReason="Executor killed by driver.")
        return row

    # --- jobs and queries -----------------------------------------------------------------------

    def _begun_jobs(self, now):
        return bisect.bisect_right(self.work.job_starts, now)

    def _jobs(self, now, given):
        begun = self._begun_jobs(now)
        running = given.get("status") == ["running"]
        jobs = reversed(self.work.jobs[max(0, begun - RETAINED):begun])
        return [self._job_row(job, now) for job in jobs if not running or now < job.end]

    def _job_row(self, job, now):
        row = {"jobId": job.id, "name": "collect at faults.py:1", "submissionTime": self._time(job.start),
               "stageIds": [stage.id for stage in job.stages], "status": "RUNNING",
               "numTasks": sum(stage.tasks for stage in job.stages)}
        if job.description:
            row["description"] = job.description
        if job.group:
            row["jobGroup"] = job.group
        if now >= job.end:
            row.update(status="FAILED" if job.failed else "SUCCEEDED", completionTime=self._time(job.end))
        return row

    def _sql(self, now, given):
        begun = bisect.bisect_right(self.work.query_starts, now)
        kept = self.work.queries[max(0, begun - RETAINED):begun]
        offset, length = int(given["offset"][0]), int(given["length"][0])
        return [self._query_row(query, now) for query in kept[offset:offset + length]]

    def _query_row(self, query, now):
        ended = now >= query.end
        status = "RUNNING" if not ended else "FAILED" if query.job.failed else "COMPLETED"
        by_state = {"runningJobIds": [], "successJobIds": [], "failedJobIds": []}
        kind = "runningJobIds" if now < query.job.end else "failedJobIds" if query.job.failed else "successJobIds"
        by_state[kind].append(query.job.id)
        return {"id": query.id, "status": status, "description": query.job.description, "planDescription": "",
                "submissionTime": self._time(query.start), "duration": min(now, query.end) - query.start, **by_state}

    # --- stages ---------------------------------------------------------------------------------

    def _begun_stages(self, now):
        jobs = self._begun_jobs(now)
        return self.work.jobs[jobs - 1].stages[-1].id + 1 if jobs else 0

    def _stages(self, now, given):
        begun = self._begun_stages(now)
        kept = self.work.stages[max(0, begun - RETAINED):begun]
        if given.get("status") == ["active"]:
            return [row for stage in kept if now < stage.job.end for row in self._attempt_rows(stage, now)
                    if row["status"] == "ACTIVE"]
        return [row for stage in reversed(kept) for row in self._attempt_rows(stage, now)]

    def _attempt_rows(self, stage, now):
        rows = [self._attempt_row(one, now) for one in stage.attempts if one.start <= now]
        if rows:
            return rows
        status = "SKIPPED" if now >= stage.job.end else "PENDING"
        return [{"status": status, "stageId": stage.id, "attemptId": 0, "numTasks": stage.tasks, "numActiveTasks": 0,
                 "numCompleteTasks": 0, "numFailedTasks": 0, "numKilledTasks": 0, "numCompletedIndices": 0,
                 "name": "stage"}]

    def _attempt_row(self, attempt, now):
        sums, active = attempt.at(now)
        row = {"status": "ACTIVE", "stageId": attempt.stage.id, "attemptId": attempt.number,
               "numTasks": attempt.stage.tasks, "numActiveTasks": active, "numCompleteTasks": sums[0],
               "numFailedTasks": sums[1], "numKilledTasks": sums[2], "numCompletedIndices": min(sums[0],
                                                                                              attempt.stage.tasks),
               "submissionTime": self._time(attempt.start), "firstTaskLaunchedTime": self._time(attempt.start),
               "name": "stage", **dict(zip(SUMS, sums[3:]))}
        if now >= attempt.end:
            row.update(status=attempt.status, completionTime=self._time(attempt.end))
            if attempt.status == "FAILED":
                row["failureReason"] = "Job aborted due to stage failure: java.lang.IllegalStateException: planted"
        return row

    def _tasks(self, attempt, now, given):
        wanted = [status.upper() for status in given.get("status", [])]
        rows = [{"taskId": task.id, "executorId": str(task.executor.id), "status": task.status,
                 "duration": task.end - task.start,
                 "taskMetrics": {"executorRunTime": task.sums[0], "executorDeserializeTime": task.sums[1],
                                 "jvmGcTime": task.sums[4]},
                 "errorMessage": "" if task.status == "SUCCESS" else "planted"}
                for task in sorted(attempt.tasks, key=lambda task: task.id)
                if task.end <= now and task.status in wanted]
        offset, length = int(given["offset"][0]), int(given["length"][0])
        return rows[offset:offset + length]

    @staticmethod
    def _summary(attempt, now):
        times = sorted(task.sums[0] for task in attempt.tasks if task.end <= now) or [0]
        return {"quantiles": [0.5, 1.0], "executorRunTime": [float(times[len(times) // 2]), float(times[-1])]}
