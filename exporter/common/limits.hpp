#pragma once
// Every bound on what comes from outside, in one place. Each is tested at the limit and one past it.

#include <chrono>
#include <cstddef>
#include <cstdint>

namespace spark_exporter::limits {

// --- HTTP client -------------------------------------------------------------------------------
inline constexpr std::size_t kHttpHeaderBytes = 16 * 1024;
/// Decoded (after gzip) body of an answer about one thing: one job, one stage, a version.
inline constexpr std::uint64_t kSmallBodyBytes = 1ULL << 20;
/// Decoded body of a list: 1,000 stages are 3.3 MB, 100,000 executors some 180 MB; a list is decoded
/// while it streams, so this bounds time, not memory.
inline constexpr std::uint64_t kListBodyBytes = 256ULL << 20;
inline constexpr int kHttpRedirects = 2;
/// What a consumer left unread is read away up to here, to keep the connection.
inline constexpr std::size_t kHttpDrainBytes = 64 * 1024;
/// 1xx answers before the real one.
inline constexpr int kHttpInterimAnswers = 8;
inline constexpr std::size_t kUrlBytes = 2048;
/// Addresses of one name that are tried.
inline constexpr std::size_t kResolvedAddresses = 16;

// --- JSON --------------------------------------------------------------------------------------
inline constexpr int kJsonDepth = 64;
/// A longer string makes the document an error before it is held in memory.
inline constexpr std::size_t kJsonStringBytes = 4ULL << 20;
/// The longest number; Spark's have 25 digits at most.
inline constexpr std::size_t kJsonNumberBytes = 1024;
/// Blanks, brackets and literals between two strings or numbers: nlohmann's lexer keeps them until the next one.
inline constexpr std::size_t kJsonGapBytes = 256 * 1024;
/// Texts that are kept (names, descriptions, failure reasons) are cut here.
inline constexpr std::size_t kTextBytes = 1024;
inline constexpr std::size_t kListItems = 200'000;

// --- Spark -------------------------------------------------------------------------------------
inline constexpr int kUiPortTries = 17;  ///< 4040..4056, spark.port.maxRetries = 16
/// Streaming queries of a run whose counters are kept; how many are shown is kDefaultStreamingQueries.
inline constexpr std::size_t kStreamingQueries = 1'000;
inline constexpr auto kNoUiWarning = std::chrono::seconds{120};
inline constexpr std::size_t kSparkProperties = 2'000;     ///< kept of environment's sparkProperties
inline constexpr std::size_t kMetricKeyBytes = 16 * 1024;  ///< longer keys of /metrics/json are passed over
inline constexpr std::size_t kMetricNames = 1'000;  ///< streaming queries, and listener queues, kept of /metrics/json

// --- Kubernetes --------------------------------------------------------------------------------
inline constexpr std::size_t kTokenBytes = 16 * 1024;
/// The longest pause that a server may ask for.
inline constexpr auto kRetryAfter = std::chrono::seconds{120};
/// One event: etcd holds objects of at most 1.5 MiB.
inline constexpr std::size_t kWatchLineBytes = 4ULL << 20;
/// Asked for with each page, and taken of a server that sends more than that.
inline constexpr std::size_t kPageObjects = 500;
inline constexpr std::size_t kPageObjectsTaken = 20'000;
/// Of one list: a server that never stops paging is stopped.
inline constexpr std::size_t kListPages = 1'000;
/// A buffer for events that grew beyond this is given back.
inline constexpr std::size_t kWatchLineKept = 256 * 1024;

// Of one object. What is beyond is left out, but of containers Spark's own may be the last.
inline constexpr std::size_t kLabels = 64;
inline constexpr std::size_t kAnnotations = 64;
inline constexpr std::size_t kContainers = 256;
inline constexpr std::size_t kConditions = 64;
inline constexpr std::size_t kOwners = 16;
inline constexpr std::size_t kTaints = 64;
inline constexpr std::size_t kRunNames = 100;
/// The kubelet's own bound; our sidecar's last words fill it.
inline constexpr std::size_t kTerminationMessageBytes = 4096;
/// The operator puts spark-submit's log here, the cause in its middle.
inline constexpr std::size_t kErrorMessageBytes = 8 * 1024;

// --- exposition --------------------------------------------------------------------------------
inline constexpr std::size_t kLabelValueBytes = 200;
inline constexpr int kDefaultExecutors = 200;             ///< ids in per-executor families
inline constexpr int kDefaultGcExecutors = 2'000;         ///< ids in jvm_gc_time_seconds
inline constexpr int kDefaultSeries = 10'000;             ///< the whole exposition of a sidecar
inline constexpr int kDefaultObserverSeries = 1'000'000;  ///< and of an observer, which shows all jobs of a cluster
inline constexpr int kDefaultStreamingQueries = 100;

// --- web ---------------------------------------------------------------------------------------
inline constexpr std::size_t kRequestHeadBytes = 16 * 1024;
inline constexpr std::size_t kRequestHeaders = 60;  ///< civetweb holds 64
inline constexpr std::size_t kRequestBodyBytes = 4 << 20;
inline constexpr std::size_t kRequestBodiesBytes = 16 << 20;          ///< of all requests together
inline constexpr auto kRequestHeadTimeout = std::chrono::seconds{5};  ///< also for the body after it
inline constexpr auto kWriteIdleTimeout = std::chrono::seconds{10};
inline constexpr auto kResponseTimeout = std::chrono::seconds{60};  ///< however steadily it is read
inline constexpr std::size_t kOpenConnections = 512;
inline constexpr std::size_t kOpenTlsConnections = 128;  ///< some 45 KiB each
inline constexpr std::size_t kPemFileBytes = 1 << 20;
inline constexpr std::size_t kWebUsers = 1'000;
inline constexpr int kDefaultMaxRequests = 40;

// --- configuration -----------------------------------------------------------------------------
inline constexpr std::size_t kConfigFileBytes = 256 * 1024;
inline constexpr int kConfigDepth = 16;
inline constexpr int kConfigNodes = 20'000;
inline constexpr std::size_t kStateFileBytes = 16ULL << 20;

// --- outcomes ----------------------------------------------------------------------------------
/// A body of POST /api/v1/last-words, or a termination message that holds one.
inline constexpr std::size_t kLastWordsBytes = 16 * 1024;
/// Driver pods, executor pods and jobs that the observer keeps; one more is left out and counted.
inline constexpr std::size_t kRuns = 20'000;
inline constexpr std::size_t kExecutorPods = 200'000;
inline constexpr std::size_t kJobs = 20'000;
/// Drivers without a sidecar that an observer polls.
inline constexpr std::size_t kPolledDrivers = 200;
/// Good runs of a job that its baseline is the median of.
inline constexpr std::size_t kBaselineRuns = 20;

// --- backups -----------------------------------------------------------------------------------
/// A body of POST /api/v1/backups.
inline constexpr std::size_t kBackupReportBytes = 16 * 1024;
/// Backups that the observer keeps, the attempts of each and of its drills, the Jobs it looks at for them, and the
/// CronJobs and Schedules; one more is left out and counted.
inline constexpr std::size_t kBackups = 2'000;
inline constexpr std::size_t kBackupAttempts = 32;
inline constexpr std::size_t kBackupJobs = 50'000;
inline constexpr std::size_t kBackupPlans = 5'000;
/// How far a reporter's clock may be ahead of ours.
inline constexpr auto kBackupClockSkew = std::chrono::minutes{5};
/// Datasets that one annotation names.
inline constexpr std::size_t kDatasetNames = 16;

// --- cost --------------------------------------------------------------------------------------
/// Price changes in one holder's time; later ones are not followed.
inline constexpr std::size_t kRateSpans = 1'000;
/// Pods and JVMs that a run pays for; one more is left out.
inline constexpr std::size_t kHolders = 200'000;
/// Groups that share a run's money; later ones share as `other`.
inline constexpr std::size_t kCostGroups = 1'000;
/// Nodes whose prices are taken of OpenCost, and a line of its metrics.
inline constexpr std::size_t kOpenCostNodes = 20'000;
inline constexpr std::size_t kOpenCostLineBytes = 64 * 1024;

/// Scrapers whose intervals are learnt; the one that was silent longest makes room.
inline constexpr std::size_t kScrapePeers = 32;

}  // namespace spark_exporter::limits
