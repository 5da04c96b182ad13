package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
	runtimeapi "k8s.io/cri-api/pkg/apis/runtime/v1"
	apitest "k8s.io/cri-api/pkg/apis/testing"
	"k8s.io/klog/v2"
	utilexec "k8s.io/utils/exec"
)

const (
	// What an image would bring; the pod's own env wins.
	imagePath = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

	// Without a mount namespace a container cannot find its mounts at their paths, so two more
	// variables tell: the host path of its termination log, and of each mount, as lines
	// "container path=host path".
	terminationLogEnv = "TERMINATION_LOG"
	mountsEnv         = "KUBELAB_MOUNTS"
	// The annotation by which the kubelet says where in the container that log is.
	terminationLogPath = "io.kubernetes.container.terminationMessagePath"

	// How long output is still read after a container's last process; a process that got away
	// from it may hold the pipe.
	outputGrace = 2 * time.Second
)

// processRuntime is the CRI runtime the kubelet talks to. The embedded fake keeps the records of
// sandboxes and containers; its mutex guards those and the fields below.
type processRuntime struct {
	*apitest.FakeRuntimeService
	scratch string         // folder of the containers' default working folders
	podNet  string         // first two bytes of the pods' addresses
	cgroups *memoryCgroups // nil: limits are not enforced here
	guard   *guard

	containers map[string]*container // by container id
	sandboxes  int                   // sandboxes made so far
}

// container is what the fake does not keep.
type container struct {
	id, sandbox string
	config      *runtimeapi.ContainerConfig
	log         *criLog
	cgroup      *memoryCgroup // nil where the machine has none for us
	pid         int           // 0 until started
	done        chan struct{} // closed when the status says exited
}

func newProcessRuntime(scratch, node, podNet string) (*processRuntime, error) {
	if err := os.MkdirAll(scratch, 0o755); err != nil {
		return nil, err
	}
	cgroups, err := newMemoryCgroups(node)
	if err != nil {
		cgroups = nil
		klog.InfoS("Memory limits are not enforced", "err", err)
	}
	guard, err := startGuard(cgroups)
	if err != nil {
		return nil, fmt.Errorf("guard: %w", err)
	}
	fake := apitest.NewFakeRuntimeService()
	fake.FakeStatus = &runtimeapi.RuntimeStatus{Conditions: []*runtimeapi.RuntimeCondition{
		{Type: runtimeapi.RuntimeReady, Status: true}, {Type: runtimeapi.NetworkReady, Status: true},
	}}
	return &processRuntime{FakeRuntimeService: fake, scratch: scratch, podNet: podNet, cgroups: cgroups, guard: guard,
		containers: map[string]*container{}}, nil
}

// close kills every container.
func (r *processRuntime) close() {
	r.Lock()
	all := make([]*container, 0, len(r.containers))
	for _, c := range r.containers {
		all = append(all, c)
	}
	r.Unlock()
	for _, c := range all {
		r.kill(c)
	}
}

func (r *processRuntime) RunPodSandbox(ctx context.Context, config *runtimeapi.PodSandboxConfig, handler string) (string, error) {
	id, err := r.FakeRuntimeService.RunPodSandbox(ctx, config, handler)
	if err != nil {
		return "", err
	}
	r.Lock()
	defer r.Unlock()
	r.sandboxes++
	// All of 127.0.0.0/8 is this machine, so a pod may bind a port on its own address.
	r.Sandboxes[id].Network.Ip = fmt.Sprintf("%s.%d.%d", r.podNet, r.sandboxes/250%250, r.sandboxes%250+1)
	return id, os.MkdirAll(config.LogDirectory, 0o755)
}

func (r *processRuntime) StopPodSandbox(ctx context.Context, sandbox string) error {
	r.killSandbox(sandbox)
	return r.FakeRuntimeService.StopPodSandbox(ctx, sandbox)
}

func (r *processRuntime) RemovePodSandbox(ctx context.Context, sandbox string) error {
	for _, c := range r.killSandbox(sandbox) {
		if err := r.RemoveContainer(ctx, c.id); err != nil {
			return err
		}
	}
	return r.FakeRuntimeService.RemovePodSandbox(ctx, sandbox)
}

func (r *processRuntime) killSandbox(sandbox string) []*container {
	r.Lock()
	var inside []*container
	for _, c := range r.containers {
		if c.sandbox == sandbox {
			inside = append(inside, c)
		}
	}
	r.Unlock()
	for _, c := range inside {
		r.kill(c)
	}
	return inside
}

func (r *processRuntime) CreateContainer(ctx context.Context, sandbox string, config *runtimeapi.ContainerConfig, sandboxConfig *runtimeapi.PodSandboxConfig) (string, error) {
	id, err := r.FakeRuntimeService.CreateContainer(ctx, sandbox, config, sandboxConfig)
	if err != nil {
		return "", err
	}
	logPath := filepath.Join(sandboxConfig.LogDirectory, config.LogPath)
	r.Lock()
	defer r.Unlock()
	status := r.Containers[id]
	status.Mounts = config.Mounts // the kubelet reads the termination log through these
	status.LogPath = logPath
	r.containers[id] = &container{id: id, sandbox: sandbox, config: config,
		log: &criLog{path: logPath}, done: make(chan struct{})}
	return id, nil
}

func (r *processRuntime) StartContainer(ctx context.Context, id string) error {
	r.Lock()
	c, ok := r.containers[id]
	r.Unlock()
	if !ok {
		return fmt.Errorf("container %q not found", id)
	}
	output, err := r.start(c)
	if err != nil {
		c.log.close()
		r.exited(c, 128, "StartError", err.Error())
		return err
	}
	r.Lock()
	status := r.Containers[id]
	status.State = runtimeapi.ContainerState_CONTAINER_RUNNING
	status.StartedAt = time.Now().UnixNano()
	pid := c.pid
	r.Unlock()
	klog.InfoS("Started", "container", c.config.Metadata.Name, "id", id, "pid", pid)
	go r.wait(c, pid, output)
	return nil
}

// start starts the container's process; the returned channel closes when its output has ended.
func (r *processRuntime) start(c *container) (<-chan struct{}, error) {
	if err := c.log.reopen(); err != nil {
		return nil, err
	}
	cmd, err := r.command(c, append(append([]string{}, c.config.Command...), c.config.Args...))
	if err != nil {
		return nil, err
	}
	var readers sync.WaitGroup
	var writeEnds []*os.File
	defer func() {
		for _, f := range writeEnds {
			f.Close() // the child has its own; ours would keep the pipe open
		}
	}()
	for stream, target := range map[string]*io.Writer{"stdout": &cmd.Stdout, "stderr": &cmd.Stderr} {
		read, write, err := os.Pipe()
		if err != nil {
			return nil, err
		}
		// Not a plain writer: then Wait would last as long as any grandchild holds the pipe.
		*target, writeEnds = write, append(writeEnds, write)
		readers.Go(func() {
			defer read.Close()
			c.log.copy(stream, read)
		})
	}
	limit := c.config.GetLinux().GetResources().GetMemoryLimitInBytes()
	if r.cgroups != nil {
		cgroup, err := r.cgroups.create(c.id, limit)
		if err != nil {
			return nil, fmt.Errorf("memory cgroup: %w", err)
		}
		if err := cgroup.start(cmd); err != nil {
			_ = cgroup.remove()
			return nil, err
		}
		r.started(c, cmd.Process.Pid, cgroup)
	} else {
		if err := cmd.Start(); err != nil {
			return nil, err
		}
		r.started(c, cmd.Process.Pid, nil)
	}
	ended := make(chan struct{})
	go func() {
		readers.Wait()
		close(ended)
	}()
	return ended, nil
}

func (r *processRuntime) started(c *container, pid int, cgroup *memoryCgroup) {
	r.guard.add(pid)
	r.Lock()
	defer r.Unlock()
	c.pid, c.cgroup = pid, cgroup
}

// command is argv in the container's environment and working folder, in a process group of its own.
func (r *processRuntime) command(c *container, argv []string) (*exec.Cmd, error) {
	if len(argv) == 0 {
		return nil, errors.New("no command given, and images have no entry point here")
	}
	env := []string{imagePath}
	var mounts []string
	for _, m := range c.config.Mounts {
		if m.ContainerPath == c.config.Annotations[terminationLogPath] {
			env = append(env, terminationLogEnv+"="+m.HostPath)
		}
		mounts = append(mounts, m.ContainerPath+"="+m.HostPath)
	}
	env = append(env, mountsEnv+"="+strings.Join(mounts, "\n"))
	path := imagePath
	for _, e := range c.config.Envs {
		pair := e.Key + "=" + string(e.Value)
		if e.Key == "PATH" {
			path = pair
		}
		env = append(env, pair) // of two with one name the last one counts
	}
	dir := c.config.WorkingDir
	if dir == "" {
		dir = filepath.Join(r.scratch, c.id)
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, err
	}
	file, err := lookPath(argv[0], strings.TrimPrefix(path, "PATH="), dir)
	if err != nil {
		return nil, err
	}
	return &exec.Cmd{Path: file, Args: argv, Env: env, Dir: dir, SysProcAttr: &syscall.SysProcAttr{Setpgid: true}}, nil
}

// lookPath looks in the container's PATH, where exec.LookPath would look in ours.
func lookPath(name, path, dir string) (string, error) {
	if strings.Contains(name, "/") {
		if !filepath.IsAbs(name) {
			name = filepath.Join(dir, name)
		}
		return name, nil
	}
	for _, p := range filepath.SplitList(path) {
		file := filepath.Join(p, name)
		if info, err := os.Stat(file); err == nil && !info.IsDir() && info.Mode()&0o111 != 0 {
			return file, nil
		}
	}
	return "", fmt.Errorf("exec: %q: executable file not found in $PATH", name)
}

// wait records how the container's process ended, once nothing of the container is left.
func (r *processRuntime) wait(c *container, pid int, output <-chan struct{}) {
	// A container ends with its first process. Kill the rest before that one is reaped: until then
	// nobody else can have its process group.
	for {
		err := unix.Waitid(unix.P_PID, pid, nil, unix.WEXITED|unix.WNOWAIT, nil)
		if err != unix.EINTR {
			break
		}
	}
	r.killProcesses(c)
	var ws unix.WaitStatus
	for {
		if _, err := unix.Wait4(pid, &ws, 0, nil); err != unix.EINTR {
			break
		}
	}
	r.guard.remove(pid)
	select {
	case <-output:
	case <-time.After(outputGrace):
	}
	c.log.close()

	code, reason := int32(ws.ExitStatus()), "Completed"
	if ws.Signaled() {
		code = 128 + int32(ws.Signal())
	}
	if code != 0 {
		reason = "Error"
	}
	if c.cgroup != nil {
		if c.cgroup.oomKills() > 0 {
			reason = "OOMKilled"
		}
		if err := c.cgroup.remove(); err != nil {
			klog.ErrorS(err, "Cgroup left behind", "container", c.id)
		}
	}
	r.exited(c, code, reason, "")
	klog.InfoS("Exited", "container", c.config.Metadata.Name, "id", c.id, "code", code, "reason", reason)
}

func (r *processRuntime) exited(c *container, code int32, reason, message string) {
	r.Lock()
	defer r.Unlock()
	if status, ok := r.Containers[c.id]; ok {
		status.State = runtimeapi.ContainerState_CONTAINER_EXITED
		status.FinishedAt = time.Now().UnixNano()
		status.ExitCode, status.Reason, status.Message = code, reason, message
	}
	close(c.done)
}

// StopContainer sends SIGTERM to the first process only, as a real runtime does.
func (r *processRuntime) StopContainer(_ context.Context, id string, grace int64) error {
	r.Lock()
	c, ok := r.containers[id]
	pid := 0
	if ok {
		pid = c.pid
	}
	r.Unlock()
	if !ok || pid == 0 {
		return nil
	}
	select {
	case <-c.done:
		return nil
	default:
	}
	klog.InfoS("Stopping", "container", c.config.Metadata.Name, "id", id, "graceSeconds", grace)
	if grace > 0 {
		_ = syscall.Kill(pid, syscall.SIGTERM)
		select {
		case <-c.done:
			return nil
		case <-time.After(time.Duration(grace) * time.Second):
		}
	}
	r.kill(c)
	return nil
}

// kill ends a started container at once and waits for it.
func (r *processRuntime) kill(c *container) {
	r.Lock()
	pid := c.pid
	r.Unlock()
	if pid == 0 {
		return
	}
	select {
	case <-c.done:
		return
	default:
	}
	r.killProcesses(c)
	<-c.done
}

func (r *processRuntime) killProcesses(c *container) {
	r.Lock()
	pid, cgroup := c.pid, c.cgroup
	r.Unlock()
	_ = syscall.Kill(-pid, syscall.SIGKILL)
	if cgroup != nil {
		cgroup.kill()
	}
}

func (r *processRuntime) RemoveContainer(ctx context.Context, id string) error {
	r.Lock()
	c, ok := r.containers[id]
	r.Unlock()
	if ok {
		r.kill(c)
		if err := os.RemoveAll(filepath.Join(r.scratch, id)); err != nil {
			return err
		}
		r.Lock()
		delete(r.containers, id)
		r.Unlock()
	}
	return r.FakeRuntimeService.RemoveContainer(ctx, id)
}

// ReopenContainerLog follows the kubelet's log rotation.
func (r *processRuntime) ReopenContainerLog(_ context.Context, id string) error {
	r.Lock()
	c, ok := r.containers[id]
	r.Unlock()
	if !ok {
		return fmt.Errorf("container %q not found", id)
	}
	select {
	case <-c.done:
		return errors.New("container is not running")
	default:
		return c.log.reopen()
	}
}

// ExecSync serves exec probes and preStop hooks.
func (r *processRuntime) ExecSync(ctx context.Context, id string, argv []string, timeout time.Duration) (stdout, stderr []byte, err error) {
	r.Lock()
	c, ok := r.containers[id]
	r.Unlock()
	if !ok {
		return nil, nil, fmt.Errorf("container %q not found", id)
	}
	cmd, err := r.command(c, argv)
	if err != nil {
		return nil, nil, err
	}
	if timeout > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, timeout)
		defer cancel()
	}
	var out, errs strings.Builder
	cmd.Stdout, cmd.Stderr, cmd.WaitDelay = &out, &errs, outputGrace
	if err := cmd.Start(); err != nil {
		return nil, nil, err
	}
	pid := cmd.Process.Pid
	r.guard.add(pid)
	defer r.guard.remove(pid)
	stop := context.AfterFunc(ctx, func() { _ = syscall.Kill(-pid, syscall.SIGKILL) })
	err = cmd.Wait()
	stop()
	if ctx.Err() != nil {
		return nil, nil, ctx.Err()
	}
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		err = utilexec.CodeExitError{Err: fmt.Errorf("command %q exited with %d: %s", argv, exit.ExitCode(), errs.String()), Code: exit.ExitCode()}
	}
	return []byte(out.String()), []byte(errs.String()), err
}

// guard kills every container when this process is gone, however it went.
type guard struct {
	mu sync.Mutex
	in io.WriteCloser
}

// The guard is told process groups ("+ 12", "- 12") and acts when the pipe ends, which it does
// with us: nobody else has its other end. $1 is the folder of our cgroups, if any.
const guardScript = `trap "" TERM INT HUP
all=" "
while read -r op id; do
  case $op in
    +) all="$all$id " ;;
    -) case $all in *" $id "*) all="${all%%" $id "*} ${all#*" $id "}" ;; esac ;;
  esac
done
for id in $all; do kill -KILL -- "-$id"; done 2>/dev/null
[ -n "$1" ] || exit
for try in 1 2 3 4 5; do
  for f in "$1"/*/cgroup.procs; do
    while read -r pid; do kill -KILL "$pid"; done <"$f"
  done
  rmdir "$1"/*/ "$1"
  [ -d "$1" ] || exit
  sleep 0.2
done 2>/dev/null`

func startGuard(cgroups *memoryCgroups) (*guard, error) {
	cmd := exec.Command("/bin/sh", "-c", guardScript, "guard")
	if cgroups != nil {
		cmd.Args = append(cmd.Args, cgroups.dir)
	}
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	in, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	return &guard{in: in}, nil
}

func (g *guard) add(pid int)    { g.tell("+", pid) }
func (g *guard) remove(pid int) { g.tell("-", pid) }

func (g *guard) tell(op string, pid int) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if _, err := fmt.Fprintln(g.in, op, pid); err != nil {
		klog.ErrorS(err, "The guard is gone; containers may outlive this process")
	}
}

// criLog is a container's log file in the format the kubelet reads.
type criLog struct {
	path string
	mu   sync.Mutex
	file *os.File // nil: closed
}

func (l *criLog) reopen() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	file, err := os.OpenFile(l.path, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o640)
	if err != nil {
		return err
	}
	if l.file != nil {
		l.file.Close()
	}
	l.file = file
	return nil
}

func (l *criLog) close() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.file != nil {
		l.file.Close()
		l.file = nil
	}
}

// copy writes lines as "time stream F line", and pieces of lines over 16 KiB with P for F.
func (l *criLog) copy(stream string, from io.Reader) {
	lines := bufio.NewReaderSize(from, 16<<10)
	for {
		line, err := lines.ReadSlice('\n')
		if len(line) > 0 {
			tag := "F"
			if errors.Is(err, bufio.ErrBufferFull) {
				tag = "P"
			}
			l.write(fmt.Sprintf("%s %s %s %s\n", time.Now().UTC().Format(time.RFC3339Nano), stream, tag, strings.TrimSuffix(string(line), "\n")))
		}
		if err != nil && !errors.Is(err, bufio.ErrBufferFull) {
			return
		}
	}
}

func (l *criLog) write(record string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.file == nil {
		return
	}
	if _, err := l.file.WriteString(record); err != nil {
		klog.ErrorS(err, "Container output lost", "log", l.path)
	}
}

// anyImage has every image but those named missing/...
type anyImage struct{ *apitest.FakeImageService }

func newAnyImage() anyImage {
	fake := apitest.NewFakeImageService()
	// The kubelet wants to see some usage before it believes the node has a disk.
	fake.SetFakeFilesystemUsage([]*runtimeapi.FilesystemUsage{{
		Timestamp:  time.Now().UnixNano(),
		FsId:       &runtimeapi.FilesystemIdentifier{Mountpoint: "/"},
		UsedBytes:  &runtimeapi.UInt64Value{Value: 1},
		InodesUsed: &runtimeapi.UInt64Value{Value: 1},
	}})
	return anyImage{fake}
}

func (s anyImage) missing(image string) bool { return strings.HasPrefix(image, "missing/") }

func (s anyImage) ImageStatus(_ context.Context, image *runtimeapi.ImageSpec, _ bool) (*runtimeapi.ImageStatusResponse, error) {
	if s.missing(image.Image) {
		return &runtimeapi.ImageStatusResponse{}, nil
	}
	return &runtimeapi.ImageStatusResponse{Image: &runtimeapi.Image{Id: image.Image, Spec: image, RepoTags: []string{image.Image}, Size: 1}}, nil
}

func (s anyImage) PullImage(ctx context.Context, image *runtimeapi.ImageSpec, auth *runtimeapi.AuthConfig, config *runtimeapi.PodSandboxConfig) (string, error) {
	if s.missing(image.Image) {
		return "", fmt.Errorf("failed to pull image %q: not found", image.Image)
	}
	return s.FakeImageService.PullImage(ctx, image, auth, config)
}
