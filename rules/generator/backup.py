"""Backups, and whether they can be restored."""
from .rule import Group, Maker
from .sentences import ask

KEYS = ("namespace", "backup")
SET = '{{ $set := printf "cluster=%q,namespace=%q,backup=%q" $labels.cluster $labels.namespace $labels.backup -}} '


def of_backup(query, then, otherwise=""):
    return ask(query, then, otherwise, "$set")


def group(table):
    make = Maker(table).alert
    ago = "{{ . | value | humanizeDuration }}"
    said = {
        "set": SET,
        "of": "backup {{ $labels.namespace }}/{{ $labels.backup }}",
        "success": of_backup("time() - max(backup_last_success_timestamp_seconds{%s})", f" The last good one ended {ago} ago.",
                             " None has ever ended well."),
        "attempt": of_backup("time() - max(backup_last_attempt_timestamp_seconds{%s})", f" The last try was {ago} ago",
                             " None was ever tried.")
        + of_backup("max(backup_last_attempt_success{%s}) == 0", " and failed.") + of_backup(
            "max(backup_last_attempt_success{%s}) == 1", " and ended well."),
        "running": of_backup("time() - max(backup_running_since_timestamp_seconds{%s})",
                             f" One has been running for {ago}.", " None is running now."),
        "suspended": of_backup("max(backup_suspended{%s}) == 1", " It is suspended."),
        "due": of_backup("max(backup_next_due_timestamp_seconds{%s}) - time()", f" The next one is due in {ago}.",
                         " When the next one is due is not known."),
        "overdue": of_backup("max(backup_rpo_target_seconds{%s})",
                             "What backup {{ $labels.namespace }}/{{ $labels.backup }} should protect has been without a good "
                             f"backup for {{{{ $value | humanizeDuration }}}}; {ago} was promised (RPO). What is lost now is "
                             "lost that far back.",
                             "Backup {{ $labels.namespace }}/{{ $labels.backup }} was due {{ $value | humanizeDuration }} ago "
                             "and has not ended well since."),
        "rto": of_backup("max(backup_rto_target_seconds{%s})", f"; {ago} was promised (RTO)"),
        "verified": of_backup("time() - max(backup_verification_timestamp_seconds{%s})",
                              f" The last restore drill was {ago} ago", " It was never restored for a trial.")
        + of_backup("max(backup_verification_success{%s}) == 0", " and failed.")
        + of_backup("max(backup_verification_success{%s}) == 1", " and went well."),
        "size": of_backup("max(backup_size_bytes{%s})", " The last one has {{ . | value | humanize1024 }}B."),
    }
    there = ("max by (@BACKUP) (backup_rpo_target_seconds) or max by (@BACKUP) (backup_suspended)")
    return Group("spark-backup", [
        make("BackupMissed", "critical", """
            time() - max by (@BACKUP) (backup_unprotected_since_timestamp_seconds)
            > on (@BACKUP) max by (@BACKUP) (backup_rpo_target_seconds)
            or on (@BACKUP)
            time() - max by (@BACKUP) (backup_last_due_timestamp_seconds) > @backup_late
            and on (@BACKUP)
              max by (@BACKUP) (backup_last_due_timestamp_seconds)
              > on (@BACKUP) max by (@BACKUP) (backup_last_success_timestamp_seconds)
            unless on (@BACKUP) max by (@BACKUP) (backup_rpo_target_seconds)
            unless on (@BACKUP) max by (@BACKUP) (backup_running_since_timestamp_seconds)
            """,
             "A backup is overdue.", """
            @set@overdue@success@attempt@running@suspended@due
            """, "backup-missed", "spark-data", said=said, keys=KEYS),

        make("BackupNeverSucceeded", "critical", """
            (
              max by (@BACKUP) (backup_last_attempt_timestamp_seconds)
              or max by (@BACKUP) (backup_rpo_target_seconds offset @backup_grace.span)
              or max by (@BACKUP) (backup_suspended offset @backup_grace.span)
            )
            and on (@BACKUP) (@there)
            unless on (@BACKUP) max by (@BACKUP) (backup_last_success_timestamp_seconds)
            unless on (@BACKUP) max by (@BACKUP) (backup_running_since_timestamp_seconds)
            """,
             "A backup has never succeeded.", """
            @set There is no good @of: it is set up, and none has ever ended well. What it should protect is
            unprotected.@attempt@suspended@due
            """, "backup-never-succeeded", "spark-data", {"there": there.replace("@BACKUP", "cluster, namespace, backup")},
             said, keys=KEYS),

        make("BackupVerificationFailed", "critical", """
            max by (@BACKUP) (backup_verification_success) == 0
            """,
             "A backup could not be restored.", """
            @set The last restore drill of @of failed: take its newest backup for no good, keep older ones from being pruned,
            and find out whether it was the backup or the drill.@verified@success@size@due
            """, "backup-verification-failed", "spark-data", said=said, keys=KEYS),

        make("BackupVerificationStale", "warning", """
            time() - max by (@BACKUP) (backup_verification_timestamp_seconds) > @verification_age
            or on (@BACKUP)
            time() - max by (@BACKUP) (backup_last_success_timestamp_seconds)
            and on (@BACKUP) max by (@BACKUP) (backup_rpo_target_seconds offset @drill_grace.span)
            unless on (@BACKUP) max by (@BACKUP) (backup_verification_timestamp_seconds)
            """,
             "A backup has not been restored for a trial for too long.", """
            @set Nobody knows whether @of can be restored.@verified Backups without a drill within @verification_age.words are
            a hope.@success@size@due
            """, "backup-verification-stale", "spark-data", said=said, keys=KEYS),

        make("RestoreSlowerThanRTO", "warning", """
            max by (@BACKUP) (backup_restore_time_seconds)
            > on (@BACKUP) max by (@BACKUP) (backup_rto_target_seconds)
            """,
             "A restore takes longer than was promised.", """
            @set The last restore of @of took @since@rto. In an emergency the outage would be that
            long.@verified@size@success
            """, "restore-slower-than-rto", "spark-data", said=said, keys=KEYS),
    ])
