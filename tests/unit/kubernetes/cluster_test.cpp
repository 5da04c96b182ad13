// Where the API server is: flags, environment, files.

#include "exporter/kubernetes/cluster.hpp"

#include <gtest/gtest.h>

#include <map>

#include "tests/support/folder.hpp"

namespace spark_exporter::kubernetes {
namespace {

using spark_exporter::test::Folder;

Environment environment(std::map<std::string, std::string> variables) {
  return [variables = std::move(variables)](const char* name) -> std::optional<std::string> {
    const auto found = variables.find(name);
    return found == variables.end() ? std::nullopt : std::optional(found->second);
  };
}

const std::map<std::string, std::string> kPodEnvironment{{"KUBERNETES_SERVICE_HOST", "10.96.0.1"},
                                                         {"KUBERNETES_SERVICE_PORT", "443"}};

TEST(FindCluster, InAPod) {
  Folder folder;
  folder.write("token", "t");
  folder.write("ca.crt", "c");
  folder.write("namespace", "spark-jobs\n");
  const auto cluster = find_cluster({}, environment(kPodEnvironment), folder.path());
  ASSERT_TRUE(cluster) << cluster.error().what;
  EXPECT_EQ(cluster->api_server.to_string(), "https://10.96.0.1:443");
  EXPECT_EQ(cluster->token_file, folder.path() + "/token");
  EXPECT_EQ(cluster->ca_file, folder.path() + "/ca.crt");
  EXPECT_EQ(cluster->namespace_name, "spark-jobs");
}

TEST(FindCluster, InAPodWithIpv6AndNoServiceAccount) {
  const Folder folder;
  const auto cluster = find_cluster(
      {}, environment({{"KUBERNETES_SERVICE_HOST", "fd00::1"}, {"KUBERNETES_SERVICE_PORT", "6443"}}), folder.path());
  ASSERT_TRUE(cluster);
  EXPECT_EQ(cluster->api_server.to_string(), "https://[fd00::1]:6443");
  EXPECT_EQ(cluster->token_file, "");
  EXPECT_EQ(cluster->ca_file, "");
  EXPECT_EQ(cluster->namespace_name, "");
}

TEST(FindCluster, NotInAPod) {
  const Folder folder;
  for (const auto& variables :
       {std::map<std::string, std::string>{}, std::map<std::string, std::string>{{"KUBERNETES_SERVICE_HOST", "h"}},
        std::map<std::string, std::string>{{"KUBERNETES_SERVICE_HOST", ""}, {"KUBERNETES_SERVICE_PORT", "1"}}}) {
    const auto cluster = find_cluster({}, environment(variables), folder.path());
    ASSERT_FALSE(cluster);
    EXPECT_EQ(cluster.error().kind, ErrorKind::kNotFound);
  }
}

TEST(FindCluster, FlagsGoFirst) {
  Folder folder;
  folder.write("token", "t");
  folder.write("ca.crt", "c");
  folder.write("namespace", "n");
  const auto cluster = find_cluster({.api_server = "https://api.example:6443",
                                     .token_file = "/other/token",
                                     .ca_file = "/other/ca",
                                     .namespace_name = "elsewhere"},
                                    environment(kPodEnvironment), folder.path());
  ASSERT_TRUE(cluster);
  EXPECT_EQ(cluster->api_server.to_string(), "https://api.example:6443");
  EXPECT_EQ(cluster->token_file, "/other/token");
  EXPECT_EQ(cluster->ca_file, "/other/ca");
  EXPECT_EQ(cluster->namespace_name, "elsewhere");

  // The pod's own certificate is that of its own API server.
  const auto another =
      find_cluster({.api_server = "https://api.example:6443", .token_file = "", .ca_file = "", .namespace_name = ""},
                   environment(kPodEnvironment), folder.path());
  ASSERT_TRUE(another);
  EXPECT_EQ(another->ca_file, "");
  EXPECT_EQ(another->token_file, folder.path() + "/token");
}

TEST(FindCluster, NoTokenGoesInClearToAnotherMachine) {
  Folder folder;
  const auto at = [&](const std::string& server) {
    return find_cluster({.api_server = server, .token_file = "", .ca_file = "", .namespace_name = ""}, environment({}),
                        folder.path());
  };
  EXPECT_TRUE(at("http://api.example:8080"));  // there is none
  folder.write("token", "t");
  EXPECT_TRUE(at("http://127.0.0.1:8001"));
  EXPECT_TRUE(at("http://localhost:8001"));
  EXPECT_TRUE(at("http://[::1]:8001"));
  EXPECT_TRUE(at("https://api.example:8080"));
  const auto refused = at("http://api.example:8080");
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, ErrorKind::kProtocol);
  EXPECT_NE(refused.error().what.find("http://api.example:8080: use https"), std::string::npos);
}

TEST(FindCluster, AddressesThatAreNone) {
  const Folder folder;
  EXPECT_FALSE(find_cluster({.api_server = "api.example", .token_file = "", .ca_file = "", .namespace_name = ""},
                            environment({}), folder.path()));
  EXPECT_FALSE(find_cluster(
      {}, environment({{"KUBERNETES_SERVICE_HOST", "h/x y"}, {"KUBERNETES_SERVICE_PORT", "port"}}), folder.path()));
}

TEST(FindCluster, ANamespaceThatIsNone) {
  Folder folder;
  for (const std::string& text : {std::string("../other"), std::string("a?b"), std::string(254, 'a'), std::string()}) {
    folder.write("namespace", text);
    EXPECT_EQ(find_cluster({}, environment(kPodEnvironment), folder.path())->namespace_name, "") << text;
  }
}

}  // namespace
}  // namespace spark_exporter::kubernetes
