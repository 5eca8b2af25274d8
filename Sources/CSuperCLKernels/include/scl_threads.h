#pragma once
#include <stddef.h>

/// 1 while this thread runs the body of a parallel loop, so that nested loops stay serial.
int scl_in_parallel_loop(void);
void scl_set_in_parallel_loop(int value);

/// Calls body(context, i) for every i below `count`, on this thread and on at most `threads` - 1 helpers, and
/// returns when all calls have returned. Returns 0, having called nothing, when another thread's loop has the
/// helpers.
///
/// A helper takes part only if it arrives before the last i is taken: the caller waits for nobody else. A
/// helper that finds no loop watches for the next one for about half a millisecond, then sleeps.
int scl_parallel_for(size_t threads, size_t count, void (*body)(void *context, size_t i), void *context);

/// How many processors this thread may run on: those of its affinity mask, or all where the system has none.
size_t scl_allowed_processors(void);
