#include "heap_counter.h"

#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define HEAP_COUNTER_IS_SANITIZED 1
#endif
#endif

#include <stdlib.h>

#if defined(__GLIBC__) && !defined(HEAP_COUNTER_IS_SANITIZED)

#include <errno.h>
#include <malloc.h>
#include <stdatomic.h>

/* glibc's own functions behind the names that this file takes. */
extern void *__libc_malloc(size_t);
extern void *__libc_calloc(size_t, size_t);
extern void *__libc_realloc(void *, size_t);
extern void *__libc_memalign(size_t, size_t);
extern void __libc_free(void *);

static atomic_int counting;
static atomic_llong now;
static atomic_llong peak;

static void add(void *block, int sign) {
  if (!block || !atomic_load_explicit(&counting, memory_order_relaxed)) return;
  long long bytes = (long long)malloc_usable_size(block) * sign;
  long long total = atomic_fetch_add(&now, bytes) + bytes;
  long long highest = atomic_load(&peak);
  while (total > highest && !atomic_compare_exchange_weak(&peak, &highest, total)) {
  }
}

void *malloc(size_t size) {
  void *block = __libc_malloc(size);
  add(block, 1);
  return block;
}

void *calloc(size_t count, size_t size) {
  void *block = __libc_calloc(count, size);
  add(block, 1);
  return block;
}

void *realloc(void *old, size_t size) {
  add(old, -1);
  void *block = __libc_realloc(old, size);
  /* On failure the old block is still there. */
  add(block || size == 0 ? block : old, 1);
  return block;
}

void free(void *block) {
  add(block, -1);
  __libc_free(block);
}

void *memalign(size_t alignment, size_t size) {
  void *block = __libc_memalign(alignment, size);
  add(block, 1);
  return block;
}

void *aligned_alloc(size_t alignment, size_t size) { return memalign(alignment, size); }

int posix_memalign(void **result, size_t alignment, size_t size) {
  if (alignment % sizeof(void *) != 0 || alignment == 0 || (alignment & (alignment - 1)) != 0) return EINVAL;
  void *block = memalign(alignment, size);
  if (!block) return ENOMEM;
  *result = block;
  return 0;
}

void heap_counter_start(void) {
  atomic_store(&now, 0);
  atomic_store(&peak, 0);
  atomic_store(&counting, 1);
}

long long heap_counter_stop(void) {
  atomic_store(&counting, 0);
  return atomic_load(&peak);
}

#else

void heap_counter_start(void) {}
long long heap_counter_stop(void) { return -1; }

#endif
