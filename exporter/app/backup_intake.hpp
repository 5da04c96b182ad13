#pragma once
// POST /api/v1/backups: a backup or a restore drill tells what became of it. Believed of service accounts of the
// backup's own namespace only.

#include <functional>
#include <string>

#include "exporter/app/token_reviewer.hpp"
#include "exporter/backup/catalog.hpp"
#include "exporter/backup/report.hpp"
#include "exporter/common/result.hpp"
#include "exporter/web/server.hpp"

namespace spark_exporter::app {

/// Takes a report whose sender is known; `pod` is the sender's, "" if it is none. See Catalog::take().
using TakeBackupReport = std::function<Result<backup::Taken>(const backup::Report&, const std::string& pod)>;

/// 200 taken, or known already; 400 no report; 401 no good token; 403 the token is of another namespace, or of no
/// service account; 404 another shard has this backup; 413 too long; 503 nobody can say whose the token is, now or for
/// want of a right, or there is no room. Who gets 404 or 503 tries again.
web::HttpResponse answer_backup_report(const web::HttpRequest& request, TokenReviewer& reviewer,
                                       const TakeBackupReport& take);

}  // namespace spark_exporter::app
