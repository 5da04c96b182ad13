"""Alerts about backups."""
from case import BACKUP, Case, Fires

CASES = [
    Case("BackupMissed", "what it should protect is unprotected for longer than was promised", """
        backup_rpo_target_seconds{@backup} 86400x400
        backup_unprotected_since_timestamp_seconds{@backup} -86340x400
        backup_last_success_timestamp_seconds{@backup} -86340x400
        backup_last_attempt_timestamp_seconds{@backup} -3600x400
        backup_last_attempt_success{@backup} 0x400
        backup_suspended{@backup} 0x400
        backup_next_due_timestamp_seconds{@backup} 79200x400
        """,
         [Fires("7m", says=
                "What backup etl/warehouse should protect has been without a good backup for 1d 0h 6m 0s; 1d 0h 0m "
                "0s was promised (RPO). What is lost now is lost that far back. The last good one ended 1d 0h 6m 0s "
                "ago. The last try was 1h 7m 0s ago and failed. None is running now. The next one is due in 21h 53m "
                "0s.")], ("1m", "6m"), about=dict(BACKUP)),
    Case("BackupMissed", "nothing was promised, and it was due an hour ago", """
        backup_last_due_timestamp_seconds{@backup} 0x400
        backup_last_success_timestamp_seconds{@backup} -86400x400
        backup_last_attempt_timestamp_seconds{@backup} -86400x400
        backup_last_attempt_success{@backup} 1x400
        backup_suspended{@backup} 1x400
        """,
         [Fires("66m", says=
                "Backup etl/warehouse was due 1h 6m 0s ago and has not ended well since. The last good one ended 1d "
                "1h 6m 0s ago. The last try was 1d 1h 6m 0s ago and ended well. None is running now. It is "
                "suspended. When the next one is due is not known.")], ("60m", "65m"), about=dict(BACKUP)),
    Case("BackupMissed", "just in time; all is backed up; due and running, or done", """
        backup_rpo_target_seconds{@backup} 7200x400
        backup_unprotected_since_timestamp_seconds{@backup} 0x120 7200x119 stale
        backup_rpo_target_seconds{namespace="etl",backup="idle"} 3600x400
        backup_last_success_timestamp_seconds{namespace="etl",backup="idle"} -90000x400
        backup_last_due_timestamp_seconds{namespace="etl",backup="idle"} 0x400
        backup_last_due_timestamp_seconds{namespace="etl",backup="runs"} 0x400
        backup_last_success_timestamp_seconds{namespace="etl",backup="runs"} -86400x400
        backup_running_since_timestamp_seconds{namespace="etl",backup="runs"} 60x400
        backup_last_due_timestamp_seconds{namespace="etl",backup="done"} 0x400
        backup_last_success_timestamp_seconds{namespace="etl",backup="done"} 60x400
        """,
         silent=("6m", "65m", "120m", "125m", "240m")),

    Case("BackupNeverSucceeded", "it was tried, and failed", """
        backup_rpo_target_seconds{@backup} 86400x400
        backup_last_attempt_timestamp_seconds{@backup} _x5 300x400
        backup_last_attempt_success{@backup} _x5 0x400
        """,
         [Fires("20m", says=
                "There is no good backup etl/warehouse: it is set up, and none has ever ended well. What it should "
                "protect is unprotected. The last try was 15m 0s ago and failed. When the next one is due is not "
                "known.")], ("19m",), about=dict(BACKUP)),
    Case("BackupNeverSucceeded", "set up a day ago and never tried", """
        backup_suspended{@backup} 0x300
        backup_next_due_timestamp_seconds{@backup} 186400x300
        """,
         [Fires("1455m", says=
                "There is no good backup etl/warehouse: it is set up, and none has ever ended well. What it should "
                "protect is unprotected. None was ever tried. The next one is due in 1d 3h 31m 40s.")], ("60m", "1435m", "1450m"), step="5m", about=dict(BACKUP)),
    Case("BackupNeverSucceeded", "set up today; running for the first time; good; taken away", """
        backup_rpo_target_seconds{@backup} 86400x20
        backup_rpo_target_seconds{namespace="etl",backup="first"} 86400x300
        backup_last_attempt_timestamp_seconds{namespace="etl",backup="first"} 0x300
        backup_running_since_timestamp_seconds{namespace="etl",backup="first"} 0x300
        backup_rpo_target_seconds{namespace="etl",backup="good"} 86400x300
        backup_last_attempt_timestamp_seconds{namespace="etl",backup="good"} 0x300
        backup_last_success_timestamp_seconds{namespace="etl",backup="good"} 0x300
        """,
         silent=("20m", "60m", "100m", "390m", "1470m"), step="5m"),

    Case("BackupVerificationFailed", "the last drill failed", """
        backup_verification_success{@backup} 1x5 0x100
        backup_verification_timestamp_seconds{@backup} -864000x5 300x100
        backup_last_success_timestamp_seconds{@backup} -3600x105
        backup_size_bytes{@backup} 10737418240x105
        """,
         [Fires("11m", says=
                "The last restore drill of backup etl/warehouse failed: take its newest backup for no good, keep "
                "older ones from being pruned, and find out whether it was the backup or the drill. The last restore"
                " drill was 6m 0s ago and failed. The last good one ended 1h 11m 0s ago. The last one has 10GiB. "
                "When the next one is due is not known.")], ("5m", "10m"), about=dict(BACKUP)),
    Case("BackupVerificationFailed", "it went well; it was repeated at once", """
        backup_verification_success{@backup} 1x100
        backup_verification_success{namespace="etl",backup="again"} 0x4 1x100
        """,
         silent=("5m", "6m", "60m")),

    Case("BackupVerificationStale", "the last drill was 35 days ago", """
        backup_verification_timestamp_seconds{@backup} -3020400x400
        backup_verification_success{@backup} 1x400
        backup_last_success_timestamp_seconds{@backup} 0+60x400
        """,
         [Fires("121m", says=
                "Nobody knows whether backup etl/warehouse can be restored. The last restore drill was 35d 1h 1m 0s "
                "ago and went well. Backups without a drill within 35 days are a hope. The last good one ended 0s "
                "ago. When the next one is due is not known.")], ("60m", "120m"), about=dict(BACKUP)),
    Case("BackupVerificationStale", "set up a week ago, backed up, never restored", """
        backup_rpo_target_seconds{@backup} 86400x400
        backup_last_success_timestamp_seconds{@backup} 0+3600x400
        """,
         [Fires("169h", says=
                "Nobody knows whether backup etl/warehouse can be restored. It was never restored for a trial. "
                "Backups without a drill within 35 days are a hope. The last good one ended 0s ago. When the next "
                "one is due is not known.")], ("100h", "168h"), step="1h", about=dict(BACKUP)),
    Case("BackupVerificationStale", "a drill in time; set up lately", """
        backup_verification_timestamp_seconds{@backup} -3020340x60
        backup_rpo_target_seconds{namespace="etl",backup="new"} 86400x400
        backup_last_success_timestamp_seconds{namespace="etl",backup="new"} 0+60x400
        """,
         silent=("60m", "120m", "240m")),

    Case("RestoreSlowerThanRTO", "the last restore took longer than was promised", """
        backup_restore_time_seconds{@backup} 3600x3 3601x100
        backup_rto_target_seconds{@backup} 3600x103
        backup_verification_timestamp_seconds{@backup} 0x103
        backup_verification_success{@backup} 1x103
        backup_size_bytes{@backup} 10737418240x103
        backup_last_success_timestamp_seconds{@backup} 0x103
        """,
         [Fires("9m", says=
                "The last restore of backup etl/warehouse took 1h 0m 1s; 1h 0m 0s was promised (RTO). In an "
                "emergency the outage would be that long. The last restore drill was 9m 0s ago and went well. The "
                "last one has 10GiB. The last good one ended 9m 0s ago.")], ("3m", "8m"), about=dict(BACKUP)),
    Case("RestoreSlowerThanRTO", "just as long; nothing was promised", """
        backup_restore_time_seconds{@backup} 3600x100
        backup_rto_target_seconds{@backup} 3600x100
        backup_restore_time_seconds{namespace="etl",backup="free"} 90000x100
        """,
         silent=("6m", "60m")),
]
