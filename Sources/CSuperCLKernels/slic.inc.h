// SLIC's row kernels, compiled once per instruction set.
//
// Assignment works on tiles of SCL_SLIC_BLOCK columns and up to four rows. The clusters that reach into a
// tile are listed once per strip; nearest distance and label stay in registers while the list runs by, so no
// distance plane exists, and since each pixel is written by one strip alone, strips may run on any thread.
//
// The update follows at once, while labels and features of the tile are in the nearest cache: for each label in
// it, its pixels are added under a mask. Features are multiples of a power of two (20 bits), so all sums are exact
// and do not depend on the order in which tiles and strips are added.
#include "CSuperCLKernels.h"

#define BLOCK SCL_SLIC_BLOCK
#define STRIP SCL_SLIC_STRIP
#define PARTS (BLOCK / SCL_WIDTH)

#include "slic_tiles.inc.h"

#include "slic_assignment.inc.h"
#include "slic_sums.inc.h"
#include "slic_features.inc.h"

SCL_INLINE int64_t run_strip(const struct scl_slic_pass *pass, struct candidates *c, int64_t strip, double *sums,
                             const int channels) {
  const int z = (int)(strip / pass->strips_per_plane);
  const int top = (int)(strip % pass->strips_per_plane) * STRIP;
  const int bottom = top + STRIP < pass->height ? top + STRIP : pass->height;
  const int64_t plane_row = (int64_t)z * pass->height;
  int rows[STRIP], count = 0;
  for (int y = top; y < bottom; y++)
    if ((y + z) % pass->row_stride == pass->row_phase)
      rows[count++] = y;
  if (!count)
    return 0;
  gather(c, pass, strip, z, rows, count);
  const int step = pass->row_stride;
  if (pass->color_weight)
    return assign_strip(pass, c, plane_row, z, rows[0], step, count, sums, channels, 1);
  // Whole strips are the rule, and worth code of their own.
  if (count == STRIP)
    return assign_strip(pass, c, plane_row, z, rows[0], step, STRIP, sums, channels, 0);
  return assign_strip(pass, c, plane_row, z, rows[0], step, count, sums, channels, 0);
}

static int64_t assign(const struct scl_slic_pass *pass, int64_t strip, const struct scl_slic_workspace *workspace,
                      double *sums) {
  struct candidates c;
  lay_out(&c, workspace->memory, workspace->capacity, pass->channels, pass->width, pass->window_x);
  switch (pass->channels) {
  case 1:
    return run_strip(pass, &c, strip, sums, 1);
  case 2:
    return run_strip(pass, &c, strip, sums, 2);
  case 3:
    return run_strip(pass, &c, strip, sums, 3);
  case 4:
    return run_strip(pass, &c, strip, sums, 4);
  default:
    return run_strip(pass, &c, strip, sums, pass->channels);
  }
}

const struct scl_slic_kernels SCL_VARIANT(scl_slic) = {
    .assign = assign,
    .raise_maxima = raise_maxima,
    .runs = runs,
    .fill_runs = fill_runs,
    .add_runs = add_runs,
    .block_sums = block_sums,
    .range = range,
    .rescale = rescale,
    .linear_light = linear_light,
    .lab = lab,
    .look_up = look_up,
    .byte_range = byte_range,
};
