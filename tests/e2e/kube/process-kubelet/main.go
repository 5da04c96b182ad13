// Command process-kubelet is a Kubernetes node for tests: Kubernetes' own kubelet code over a
// runtime that starts the containers of a pod as processes of this machine (runtime.go), each in a
// memory cgroup of its own where the machine allows it (cgroup.go).
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"runtime"
	"syscall"
	"time"

	cadvisorapi "github.com/google/cadvisor/info/v1"
	v1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	clientset "k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/clientcmd"
	"k8s.io/klog/v2"
	kubeletapp "k8s.io/kubernetes/cmd/kubelet/app"
	"k8s.io/kubernetes/pkg/kubelet"
	kubeletconfig "k8s.io/kubernetes/pkg/kubelet/apis/config"
	cadvisortest "k8s.io/kubernetes/pkg/kubelet/cadvisor/testing"
	"k8s.io/kubernetes/pkg/kubelet/cm"
	kubecontainer "k8s.io/kubernetes/pkg/kubelet/container"
	kubeletserver "k8s.io/kubernetes/pkg/kubelet/server"
	"k8s.io/kubernetes/pkg/kubemark"
)

const loopback = "127.0.0.1"

type options struct {
	kubeconfig, name, rootDir   string
	certFile, keyFile, clientCA string
	podNet                      string
	port, maxPods               int
}

func main() {
	var o options
	flag.StringVar(&o.kubeconfig, "kubeconfig", "", "how to reach the apiserver")
	flag.StringVar(&o.name, "name", "proc-0", "node name")
	flag.StringVar(&o.rootDir, "root-dir", "", "folder for volumes, logs and scratch folders (created; empty it between runs)")
	flag.StringVar(&o.podNet, "pod-net", "127.77", "first two bytes of the pods' addresses")
	flag.IntVar(&o.port, "port", 0, "port of the kubelet's HTTPS server on 127.0.0.1; 0: no server, so no kubectl logs")
	flag.StringVar(&o.certFile, "tls-cert-file", "", "certificate of that server, for 127.0.0.1")
	flag.StringVar(&o.keyFile, "tls-private-key-file", "", "its key")
	flag.StringVar(&o.clientCA, "client-ca-file", "", "who may talk to that server: holders of a certificate of this CA whom the apiserver allows nodes/proxy")
	flag.IntVar(&o.maxPods, "max-pods", 500, "pods at a time")
	flag.Parse()
	if err := run(o); err != nil {
		klog.ErrorS(err, "process-kubelet")
		os.Exit(1)
	}
}

func run(o options) error {
	if o.kubeconfig == "" || o.rootDir == "" {
		return errors.New("-kubeconfig and -root-dir are required")
	}
	root, err := filepath.Abs(o.rootDir)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(root, 0o755); err != nil {
		return err
	}
	restConfig, err := clientcmd.BuildConfigFromFlags("", o.kubeconfig)
	if err != nil {
		return err
	}
	restConfig.QPS, restConfig.Burst = 50, 100 // a kubelet's own default, not the client's
	client, err := clientset.NewForConfig(restConfig)
	if err != nil {
		return err
	}
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, syscall.SIGINT)
	defer stop()

	if err := createNode(ctx, client, o); err != nil {
		return err
	}
	processes, err := newProcessRuntime(filepath.Join(root, "scratch"), o.name, o.podNet)
	if err != nil {
		return err
	}
	defer processes.close()
	hollow, err := newKubelet(o, root, client, processes)
	if err != nil {
		return err
	}
	// Run never returns and does not heed its context, so leaving is ours to do.
	go hollow.Run(ctx)
	<-ctx.Done()
	return nil
}

// createNode registers the node before the kubelet does, since the kubelet refuses a loopback
// address of its own choice. It leaves one alone that is there already and takes itself for
// provided by an external cloud.
func createNode(ctx context.Context, client clientset.Interface, o options) error {
	node := &v1.Node{
		ObjectMeta: metav1.ObjectMeta{Name: o.name, Labels: map[string]string{v1.LabelHostname: o.name, "type": "process"}},
		Status: v1.NodeStatus{Addresses: []v1.NodeAddress{
			{Type: v1.NodeInternalIP, Address: loopback},
			{Type: v1.NodeHostName, Address: o.name},
		}},
	}
	_, err := client.CoreV1().Nodes().Create(ctx, node, metav1.CreateOptions{})
	if err != nil && !apierrors.IsAlreadyExists(err) {
		return fmt.Errorf("create node: %w", err)
	}
	return nil
}

func newKubelet(o options, root string, client *clientset.Clientset, processes *processRuntime) (*kubemark.HollowKubelet, error) {
	flags, config := kubemark.GetHollowKubeletConfig(&kubemark.HollowKubeletOptions{
		NodeName: o.name, KubeletPort: o.port, MaxPods: o.maxPods,
	})
	os.RemoveAll(flags.RootDirectory) // a temporary folder; ours is named by the caller
	flags.RootDirectory = filepath.Join(root, "kubelet")
	flags.CloudProvider = "external" // keeps the address createNode wrote
	config.PodLogsDir = filepath.Join(root, "pod-logs")
	config.StaticPodPath = ""
	config.ClusterDNS = []string{loopback} // unused; without one every pod gets a warning event
	config.Address = loopback
	config.EnableServer = o.port != 0
	// There are no node-wide numbers to evict by; without these the manager only logs errors.
	config.EvictionHard = map[string]string{}
	config.LocalStorageCapacityIsolation = false
	var files syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &files); err == nil {
		config.MaxOpenFiles = int64(files.Max) // containers inherit it
	}

	hollow := kubemark.NewHollowKubelet(flags, config, client, client,
		machine{&cadvisortest.Fake{NodeName: o.name}}, newAnyImage(), processes, cm.NewStubContainerManager())
	deps := hollow.KubeletDeps
	deps.OSInterface = nodeOS{}
	deps.ProbeManager = nil // the hollow one calls every container ready; nil makes the kubelet's own
	kubelet.ContainerLogsDir = filepath.Join(root, "container-logs")
	if kmsg, err := os.Open("/dev/kmsg"); err == nil {
		kmsg.Close()
		deps.Recorder = nil // the kubelet makes the real one, which needs /dev/kmsg
		deps.EventClient = client.CoreV1()
	} else {
		klog.InfoS("No events: /dev/kmsg cannot be read", "err", err)
	}
	if !config.EnableServer {
		return hollow, nil
	}
	deps.TLSOptions = &kubeletserver.TLSOptions{CertFile: o.certFile, KeyFile: o.keyFile, ClientCAFile: o.clientCA}
	config.Authentication = kubeletconfig.KubeletAuthentication{X509: kubeletconfig.KubeletX509Authentication{ClientCAFile: o.clientCA}}
	config.Authorization.Mode = kubeletconfig.KubeletAuthorizationModeWebhook
	auth, _, err := kubeletapp.BuildAuth(types.NodeName(o.name), client, *config)
	if err != nil {
		return nil, fmt.Errorf("kubelet server: %w", err)
	}
	deps.Auth = auth
	return hollow, nil
}

// machine reports this machine's size, so that the scheduler counts with it.
type machine struct{ *cadvisortest.Fake }

func (m machine) MachineInfo() (*cadvisorapi.MachineInfo, error) {
	info, err := m.Fake.MachineInfo()
	if err != nil {
		return nil, err
	}
	var sys syscall.Sysinfo_t
	if err := syscall.Sysinfo(&sys); err != nil {
		return nil, err
	}
	info.NumCores = runtime.NumCPU()
	info.MemoryCapacity = uint64(sys.Totalram) * uint64(sys.Unit)
	info.Timestamp = time.Now()
	return info, nil
}

// nodeOS keeps the kubelet out of /var/log/containers, which may belong to a real one.
type nodeOS struct{ kubecontainer.RealOS }

func (nodeOS) Symlink(string, string) error  { return nil }
func (nodeOS) Glob(string) ([]string, error) { return nil, nil }
