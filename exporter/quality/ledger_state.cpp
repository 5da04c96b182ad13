// The ledger in a state file: JSON that holds each dataset's last validation in the form in which results are posted.

#include <nlohmann/json.hpp>

#include "exporter/intake/limits.hpp"
#include "exporter/intake/quality_decode.hpp"
#include "exporter/json/state_node.hpp"
#include "exporter/quality/ledger.hpp"

namespace spark_exporter::quality {
namespace {

using Json = nlohmann::json;
using Node = json::StateNode;
using json::WrongField;

Json dataset_json(const Dataset& dataset) {
  Json json{{"last", Json::parse(intake::encode_quality(dataset.last))},
            {"last_time", dataset.last_time.time_since_epoch().count()},
            {"heard", dataset.heard.time_since_epoch().count()},
            {"validations", dataset.validations},
            {"violations", dataset.violations},
            {"quarantined_rows", dataset.quarantined_rows},
            {"tells_quarantined", dataset.tells_quarantined}};
  json::put_time(json, "forgotten_to", dataset.forgotten_to);
  Json known = Json::array();
  for (std::size_t i = 0; i < dataset.known.size(); ++i) {
    known.push_back({{"id", dataset.known[i]}, {"time", dataset.known_times[i].time_since_epoch().count()}});
  }
  json["known"] = std::move(known);
  return json;
}

std::uint64_t read_hash(const Json& json, const Node& place) {
  if (!json.is_number_unsigned()) place.wrong("is no hash");
  return json.get<std::uint64_t>();
}

Dataset read_dataset(const Json& json, const Node& node) {
  Dataset dataset;
  (void)node.at("last");
  auto last = intake::decode_quality(json::dump_state(json.at("last")), "last");
  if (!last || last->results.size() != 1) node.wrong_at("last", "is no validation");
  dataset.last = std::move(last->results.front());
  dataset.last_time = node.at("last_time").time();
  dataset.heard = node.at("heard").time();
  dataset.validations = node.at("validations").count();
  dataset.violations = node.at("violations").count();
  dataset.quarantined_rows = node.at("quarantined_rows").count();
  dataset.tells_quarantined = node.flag("tells_quarantined");
  dataset.forgotten_to = node.time("forgotten_to");
  std::size_t at = 0;
  for (const auto& known : node.list("known", limits::kQualityIds)) {
    (void)known.at("id");
    dataset.known.push_back(read_hash(json.at("known").at(at++).at("id"), known));
    dataset.known_times.push_back(known.at("time").time());
  }
  return dataset;
}

Json others_json(const Others& others) {
  return {{"validations", others.validations},
          {"violations", others.violations},
          {"quarantined_rows", others.quarantined_rows},
          {"last_time", others.last_time.time_since_epoch().count()},
          {"failed", others.failed},
          {"known", others.known}};
}

Others read_others(const Json& json, const Node& node) {
  Others others;
  others.validations = node.at("validations").count();
  others.violations = node.at("violations").count();
  others.quarantined_rows = node.at("quarantined_rows").count();
  others.last_time = node.at("last_time").time();
  (void)node.list("failed", limits::kQualityOthers);
  (void)node.list("known", limits::kQualityOthers);
  for (const auto& hash : json.at("failed")) others.failed.insert(read_hash(hash, node));
  for (const auto& hash : json.at("known")) others.known.push_back(read_hash(hash, node));
  return others;
}

}  // namespace

std::string Ledger::save() const {
  Json list = Json::array();
  for (const auto& [key, dataset] : datasets_) list.push_back(dataset_json(dataset));
  Json json{{"datasets", std::move(list)}};
  if (others_.validations > 0) json["others"] = others_json(others_);
  return json::dump_state(json);
}

Result<Ledger> Ledger::restore(std::string_view text) {
  try {
    const auto document = Json::parse(text);
    const Node root(document, "");
    Ledger ledger;
    std::size_t at = 0;
    for (const auto& node : root.at("datasets").list(limits::kQualityDatasets)) {
      auto dataset = read_dataset(document.at("datasets").at(at++), node);
      Key key{dataset.last.dataset, dataset.last.suite};
      ledger.datasets_.insert_or_assign(std::move(key), std::move(dataset));
    }
    if (root.has("others")) ledger.others_ = read_others(document.at("others"), root.at("others"));
    return ledger;
  } catch (const Json::parse_error& error) {
    return Error{ErrorKind::kMalformed, "byte " + std::to_string(error.byte) + ": no JSON"};
  } catch (const WrongField& error) {
    return Error{ErrorKind::kWrongType, error.what()};
  } catch (const std::exception& error) {
    return Error{ErrorKind::kMalformed, error.what()};
  }
}

}  // namespace spark_exporter::quality
