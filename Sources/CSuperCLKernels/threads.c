#include "scl_threads.h"

static _Thread_local int in_parallel_loop = 0;

int scl_in_parallel_loop(void) { return in_parallel_loop; }
void scl_set_in_parallel_loop(int value) { in_parallel_loop = value; }
