#pragma once

/// 1 while this thread runs the body of a parallel loop, so that nested loops stay serial.
int scl_in_parallel_loop(void);
void scl_set_in_parallel_loop(int value);
