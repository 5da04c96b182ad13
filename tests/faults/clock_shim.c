/* Preloaded into the exporter: its clocks run faster than the machine's, and its wall clock may be moved while it runs.
 *
 * FAULTS_CLOCK names a file of 32 bytes that the test maps, too: the machine's monotonic time at which all began, the
 * wall time shown then, how many times faster time passes, and how far the wall clock is off; all in nanoseconds but
 * the factor. Waits are shortened by the factor. What libc itself waits for (a name server) is not: there the exporter
 * sees a slower machine. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#define SECOND 1000000000LL

struct control {
  int64_t began, wall, factor, off;
};
static volatile const struct control *control;

static int (*real_gettime)(clockid_t, struct timespec *);
static int (*real_timerfd)(int, int, const struct itimerspec *, struct itimerspec *);
static int (*real_nanosleep)(const struct timespec *, struct timespec *);
static int (*real_poll)(struct pollfd *, nfds_t, int);
static int (*real_epoll)(int, struct epoll_event *, int, int);
static int (*real_cond)(pthread_cond_t *, pthread_mutex_t *, clockid_t, const struct timespec *);

static pthread_once_t once = PTHREAD_ONCE_INIT;

static void begin(void) {
  real_gettime = dlsym(RTLD_NEXT, "clock_gettime");
  real_timerfd = dlsym(RTLD_NEXT, "timerfd_settime");
  real_nanosleep = dlsym(RTLD_NEXT, "nanosleep");
  real_poll = dlsym(RTLD_NEXT, "poll");
  real_epoll = dlsym(RTLD_NEXT, "epoll_wait");
  real_cond = dlsym(RTLD_NEXT, "pthread_cond_clockwait");
  const char *path = getenv("FAULTS_CLOCK");
  int file = path ? open(path, O_RDONLY | O_CLOEXEC) : -1;
  void *at = file < 0 ? MAP_FAILED : mmap(NULL, sizeof(struct control), PROT_READ, MAP_SHARED, file, 0);
  if (at == MAP_FAILED) abort();
  close(file);
  control = at;
}

static void ready(void) { pthread_once(&once, begin); }

static int64_t of(const struct timespec *t) { return t->tv_sec * SECOND + t->tv_nsec; }

static struct timespec to(int64_t ns) {
  struct timespec t = {ns / SECOND, ns % SECOND};
  return t;
}

static int64_t machine(void) {
  struct timespec t;
  real_gettime(CLOCK_MONOTONIC, &t);
  return of(&t);
}

static int64_t steady(void) { return control->began + (machine() - control->began) * control->factor; }
static int64_t wall(void) { return control->wall + (machine() - control->began) * control->factor + control->off; }

/* A span of the exporter's time on the machine: never none, which would mean "do not wait" or "disarm". */
static int64_t shortened(int64_t span) {
  if (span <= 0) return span;
  return span / control->factor > 0 ? span / control->factor : 1;
}

int clock_gettime(clockid_t clock, struct timespec *out) {
  ready();
  if (clock == CLOCK_MONOTONIC || clock == CLOCK_MONOTONIC_COARSE || clock == CLOCK_BOOTTIME) {
    *out = to(steady());
  } else if (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE) {
    *out = to(wall());
  } else {
    return real_gettime(clock, out);
  }
  return 0;
}

time_t time(time_t *out) {
  ready();
  time_t now = wall() / SECOND;
  if (out) *out = now;
  return now;
}

int gettimeofday(struct timeval *out, void *zone) {
  (void)zone;
  ready();
  int64_t now = wall();
  out->tv_sec = now / SECOND;
  out->tv_usec = now % SECOND / 1000;
  return 0;
}

int timerfd_settime(int fd, int flags, const struct itimerspec *in, struct itimerspec *old) {
  ready();
  struct itimerspec t = *in;
  int64_t at = of(&in->it_value);
  if (at > 0 && (flags & TFD_TIMER_ABSTIME)) {
    int64_t real = control->began + (at - control->began) / control->factor;
    t.it_value = to(real > 0 ? real : 1);
  } else {
    t.it_value = to(shortened(at));
  }
  t.it_interval = to(shortened(of(&in->it_interval)));
  return real_timerfd(fd, flags, &t, old);
}

int nanosleep(const struct timespec *span, struct timespec *left) {
  ready();
  struct timespec t = to(shortened(of(span)));
  return real_nanosleep(&t, left);
}

int usleep(useconds_t span) {
  struct timespec t = to((int64_t)span * 1000);
  return nanosleep(&t, NULL);
}

unsigned sleep(unsigned span) {
  struct timespec t = to((int64_t)span * SECOND);
  nanosleep(&t, NULL);
  return 0;
}

static int milliseconds(int span) {
  if (span <= 0) return span;
  return span / control->factor > 0 ? (int)(span / control->factor) : 1;
}

int poll(struct pollfd *fds, nfds_t count, int span) {
  ready();
  return real_poll(fds, count, milliseconds(span));
}

int epoll_wait(int fd, struct epoll_event *events, int most, int span) {
  ready();
  return real_epoll(fd, events, most, milliseconds(span));
}

int pthread_cond_clockwait(pthread_cond_t *condition, pthread_mutex_t *mutex, clockid_t clock,
                           const struct timespec *until) {
  ready();
  int64_t left = shortened(of(until) - (clock == CLOCK_REALTIME ? wall() : steady()));
  struct timespec t = to(machine() + (left > 0 ? left : 0));
  return real_cond(condition, mutex, CLOCK_MONOTONIC, &t);
}
