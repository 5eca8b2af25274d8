#define _GNU_SOURCE // processor sets
#include "scl_threads.h"
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static _Thread_local int in_parallel_loop = 0;

int scl_in_parallel_loop(void) { return in_parallel_loop; }
void scl_set_in_parallel_loop(int value) { in_parallel_loop = value; }

// How often an idle helper looks for a loop before it sleeps: about half a millisecond, as a sleeper of a virtual
// machine takes a tenth of that to wake. From WATCHES_ALONE on (30 microseconds) it lets other programs go first.
#define WATCHES 20000
#define WATCHES_ALONE 1000

static inline void pause_briefly(void) {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  __asm__ volatile("isb");
#endif
}

// The door to the current loop: its number, whether it is open, how many helpers went in and how many may.
// One word, so that going in and closing cannot cross.
#define DOOR_OPEN (1u << 30)
#define DOOR_COUNT(door) ((uint32_t)(door) & 0x7fff)
#define DOOR_LIMIT(door) ((uint32_t)(door) >> 15 & 0x7fff)
static _Atomic uint64_t door = 0;

// The current loop. Written while the door is closed and nobody is inside.
static void (*loop_body)(void *, size_t);
static void *loop_context;
static size_t loop_count;
// On cache lines of their own, because all threads write them.
static struct {
  _Alignas(128) atomic_size_t next;    // the first i that nobody has taken
  _Alignas(128) _Atomic uint32_t left; // helpers that have come out
} progress;

static atomic_flag is_busy = ATOMIC_FLAG_INIT;
static size_t helper_count = 0; // changed by whoever holds is_busy
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t opened = PTHREAD_COND_INITIALIZER;
static atomic_size_t sleepers = 0;

// In a virtual machine the kernel may take an idle processor for one that the host has taken away, and wake a helper on
// the caller's processor, where it waits for milliseconds. So a sleeper is kept off that processor until it has woken.
#if defined(__linux__)
#define TRACKED 64 // helpers that are kept off; of more, some will wake elsewhere
static struct {
  pthread_t thread;
  int is_asleep, is_moved;
  int off;           // the processor that it is kept off
  cpu_set_t allowed; // its processors before
} tracked[TRACKED];  // under the mutex

// Whether the helper still runs where it was moved to: nobody else has set its processors since.
static int is_as_moved(size_t i, const cpu_set_t *now) {
  cpu_set_t moved = tracked[i].allowed;
  CPU_CLR(tracked[i].off, &moved);
  return tracked[i].is_moved && CPU_EQUAL(&moved, now);
}

// Called with the mutex held, before sleepers are woken. Nothing to do where the caller has not moved since.
static void move_sleepers(void) {
  const int own = sched_getcpu();
  for (size_t i = 0; own >= 0 && i < TRACKED && i < helper_count; i++) {
    cpu_set_t now;
    if (!tracked[i].is_asleep || (tracked[i].is_moved && tracked[i].off == own) ||
        pthread_getaffinity_np(tracked[i].thread, sizeof now, &now))
      continue;
    const cpu_set_t allowed = is_as_moved(i, &now) ? tracked[i].allowed : now;
    cpu_set_t others = allowed;
    CPU_CLR(own, &others);
    if (CPU_COUNT(&others) == 0 || pthread_setaffinity_np(tracked[i].thread, sizeof others, &others))
      continue;
    tracked[i].is_moved = 1;
    tracked[i].off = own;
    tracked[i].allowed = allowed;
  }
}

// Called with the mutex held, around a helper's sleep.
static void fall_asleep(size_t index) {
  if (index >= TRACKED)
    return;
  tracked[index].thread = pthread_self();
  tracked[index].is_asleep = 1;
}
static void wake_up(size_t index) {
  if (index >= TRACKED)
    return;
  cpu_set_t now;
  if (tracked[index].is_moved && sched_getaffinity(0, sizeof now, &now) == 0 && is_as_moved(index, &now))
    sched_setaffinity(0, sizeof tracked[index].allowed, &tracked[index].allowed);
  tracked[index].is_asleep = tracked[index].is_moved = 0;
}
static void forget_sleepers(void) { memset(tracked, 0, sizeof tracked); }
#else
static void move_sleepers(void) {}
static void fall_asleep(size_t index) { (void)index; }
static void wake_up(size_t index) { (void)index; }
static void forget_sleepers(void) {}
#endif

// A forked child has none of the helpers, whatever they were at.
static void forget_helpers(void) {
  mutex = (pthread_mutex_t)PTHREAD_MUTEX_INITIALIZER;
  opened = (pthread_cond_t)PTHREAD_COND_INITIALIZER;
  forget_sleepers();
  helper_count = 0;
  atomic_store(&sleepers, 0);
  atomic_store(&door, 0);
  atomic_flag_clear(&is_busy);
}

static void run_loop(void) {
  for (size_t i; (i = atomic_fetch_add_explicit(&progress.next, 1, memory_order_relaxed)) < loop_count;)
    loop_body(loop_context, i);
}

// Whether this helper should try the door that it saw.
static int is_inviting(uint64_t seen) { return (seen & DOOR_OPEN) && DOOR_COUNT(seen) < DOOR_LIMIT(seen); }

static void *helper(void *argument) {
  const size_t index = (size_t)(uintptr_t)argument;
  in_parallel_loop = 1;
  uint64_t last = UINT64_MAX; // the number of the loop that this helper has been in
  for (;;) {
    uint64_t seen = atomic_load_explicit(&door, memory_order_acquire);
    for (int watch = 0; watch < WATCHES && (!is_inviting(seen) || seen >> 32 == last); watch++) {
      pause_briefly();
      if (watch >= WATCHES_ALONE && watch % 128 == 0)
        sched_yield();
      seen = atomic_load_explicit(&door, memory_order_acquire);
    }
    if (!is_inviting(seen) || seen >> 32 == last) {
      pthread_mutex_lock(&mutex);
      fall_asleep(index);
      atomic_fetch_add(&sleepers, 1);
      // The opener looks for sleepers after it has opened: one of the two sees the other.
      while (seen = atomic_load(&door), !is_inviting(seen) || seen >> 32 == last)
        pthread_cond_wait(&opened, &mutex);
      atomic_fetch_sub(&sleepers, 1);
      wake_up(index);
      pthread_mutex_unlock(&mutex);
    }
    if (atomic_compare_exchange_strong_explicit(&door, &seen, seen + 1, memory_order_acquire,
                                                memory_order_relaxed)) {
      last = seen >> 32;
      run_loop();
      atomic_fetch_add_explicit(&progress.left, 1, memory_order_release);
    }
  }
  return 0;
}

// Starts helpers until there are `wanted`, or as many as the system gives.
static void start_helpers(size_t wanted) {
  static int knows_forks = 0;
  pthread_attr_t attributes;
  if (helper_count >= wanted || pthread_attr_init(&attributes))
    return;
  if (!knows_forks)
    knows_forks = pthread_atfork(0, 0, forget_helpers) == 0;
  pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
  pthread_attr_setstacksize(&attributes, 8 << 20);
  pthread_t thread;
  while (helper_count < wanted && pthread_create(&thread, &attributes, helper, (void *)(uintptr_t)helper_count) == 0)
    helper_count++;
  pthread_attr_destroy(&attributes);
}

int scl_parallel_for(size_t threads, size_t count, void (*body)(void *context, size_t i), void *context) {
  if (atomic_flag_test_and_set_explicit(&is_busy, memory_order_acquire))
    return 0;
  size_t limit = threads - 1 < 0x7fff ? threads - 1 : 0x7fff;
  start_helpers(limit);
  loop_body = body;
  loop_context = context;
  loop_count = count;
  atomic_store_explicit(&progress.next, 0, memory_order_relaxed);
  atomic_store_explicit(&progress.left, 0, memory_order_relaxed);
  uint64_t number = (atomic_load_explicit(&door, memory_order_relaxed) >> 32) + 1;
  atomic_store(&door, number << 32 | DOOR_OPEN | limit << 15);
  if (atomic_load(&sleepers) > 0) {
    pthread_mutex_lock(&mutex);
    move_sleepers();
    if (limit == 1)
      pthread_cond_signal(&opened);
    else
      pthread_cond_broadcast(&opened);
    pthread_mutex_unlock(&mutex);
  }
  in_parallel_loop = 1;
  run_loop();
  in_parallel_loop = 0;
  uint32_t inside = DOOR_COUNT(atomic_fetch_and(&door, ~(uint64_t)DOOR_OPEN));
  for (int watch = 0; atomic_load_explicit(&progress.left, memory_order_acquire) < inside; watch++) {
    // A helper that has lost its core comes back sooner if this one is given away.
    if (watch < WATCHES_ALONE)
      pause_briefly();
    else
      sched_yield();
  }
  atomic_flag_clear_explicit(&is_busy, memory_order_release);
  return 1;
}

size_t scl_allowed_processors(void) {
#if defined(__linux__)
  // The kernel refuses a set that is smaller than its own: more than CPU_SETSIZE processors need a larger one.
  for (size_t limit = CPU_SETSIZE; limit <= 1u << 20; limit *= 4) {
    cpu_set_t *set = CPU_ALLOC(limit);
    if (!set)
      break;
    const size_t size = CPU_ALLOC_SIZE(limit);
    const int failed = sched_getaffinity(0, size, set);
    const int count = failed ? 0 : CPU_COUNT_S(size, set);
    CPU_FREE(set);
    if (count > 0)
      return (size_t)count;
  }
#endif
  const long online = sysconf(_SC_NPROCESSORS_ONLN);
  return online > 0 ? (size_t)online : 1;
}
