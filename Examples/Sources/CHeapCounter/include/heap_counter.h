#pragma once

/* Counts what a stretch of the program has on the heap at once. Resident size cannot tell: memory that an earlier
   stretch freed is used again without growing it, and pages of code that are touched for the first time grow it. */

/* Begins to count from 0. What was there before is not counted; its release would count below 0. */
void heap_counter_start(void);

/* Ends counting; the most bytes that were there at once, or -1 where the system's allocator cannot be counted. */
long long heap_counter_stop(void);
