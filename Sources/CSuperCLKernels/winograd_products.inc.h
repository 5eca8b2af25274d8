// Winograd's products: one for each of the 36 positions of a tile, over the channels and the taps of a filter.
#include "include/scl_winograd.h"
#include "microkernel.h"

static void SCL_VARIANT(winograd_product)(struct scl_winograd_block block,
                                          const struct scl_winograd_run *runs, size_t run_count,
                                          size_t tap_rows, size_t channels, const float *panels,
                                          size_t panel_position, size_t panel_step, size_t panel_count,
                                          struct scl_winograd_block product) {
  // Taps that are summed at once.
  const size_t most = channels < SCL_SUM ? SCL_SUM / (channels + 1) + 1 : 1;
  ptrdiff_t offsets[SCL_SUM];
  for (size_t tap = 0; tap < most; tap++)
    offsets[tap] = (ptrdiff_t)(tap * tap_rows * block.row);
  for (size_t e = 0; e < SCL_WINOGRAD_POSITIONS; e++)
    for (size_t panel = 0; panel < panel_count; panel++)
      for (const struct scl_winograd_run *run = runs; run < runs + run_count; run++) {
        const size_t end = run->first_tap + run->taps;
        size_t tap = run->first_tap;
        int start = TILE_ZERO;
        do {
          const size_t outer = end - tap < most ? end - tap : most;
          for (size_t k = 0; k < channels || k == 0; k += SCL_SUM) {
            struct tile t = {
                .a = block.data + e * block.position + (run->source + tap * tap_rows) * block.row + k,
                .a_row = (ptrdiff_t)block.row,
                .a_offsets = offsets,
                .b = panels + panel * panel_step + e * panel_position + (tap * channels + k) * SCL_PANEL,
                .outer = outer,
                .inner = channels - k < SCL_SUM ? channels - k : SCL_SUM,
                .c = product.data + e * product.position + run->target * product.row + panel * SCL_PANEL,
                .c_row = (ptrdiff_t)product.row,
                .columns = SCL_PANEL};
            product_rows(t, run->rows, start);
            start = TILE_ADD;
          }
          tap += outer;
        } while (tap < end);
      }
}

static void SCL_VARIANT(winograd_accumulate)(struct scl_winograd_block block, size_t first_channel,
                                             size_t channels, struct scl_winograd_block gradient,
                                             size_t column, size_t columns,
                                             const struct scl_winograd_run *runs, size_t run_count,
                                             size_t tap_rows, float *sums, size_t sum_tap,
                                             size_t sum_position, size_t sum_row, int adding) {
  for (size_t e = 0; e < SCL_WINOGRAD_POSITIONS; e++)
    for (const struct scl_winograd_run *run = runs; run < runs + run_count; run++)
      for (size_t c = 0; c < columns; c += SCL_PANEL) {
        struct tile t = {.a = block.data + e * block.position +
                              (run->source + run->first_tap * tap_rows) * block.row + first_channel,
                         .a_inner = (ptrdiff_t)block.row,
                         .b = gradient.data + e * gradient.position + run->target * gradient.row + column + c,
                         .b_inner = (ptrdiff_t)gradient.row,
                         .outer = 1,
                         .inner = run->rows,
                         .c = sums + run->first_tap * sum_tap + e * sum_position + c,
                         .c_row = (ptrdiff_t)sum_row,
                         .columns = columns - c > SCL_WIDTH ? SCL_PANEL : SCL_WIDTH};
        product_columns(t, channels, adding ? TILE_ADD : TILE_ZERO);
      }
}
