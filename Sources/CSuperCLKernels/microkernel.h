// The inner loop of every product of matrices: a tile of up to SCL_ROWS x SCL_PANEL sums held in registers.
// Included behind variant_*.h by the families that multiply (convolution, winograd).
#pragma once

#if SCL_WIDTH == 16
#define SCL_ROWS 14     // 14 x 2 sums, 2 vectors of b, 1 of a: 31 of 32 registers
#define SCL_VECTORS 2
#elif defined(SCL_X86)
#define SCL_ROWS 6      // 6 x 2 sums, 2 of b, 1 of a: 15 of 16 registers
#define SCL_VECTORS 2
#else
#define SCL_ROWS 4      // portable: a vector is two or more registers
#define SCL_VECTORS 1
#endif
// Columns of a tile, and of a packed panel.
#define SCL_PANEL (SCL_VECTORS * SCL_WIDTH)

// What becomes of a tile's sums. A long sum is cut into pieces of about SCL_SUM products, each added to the
// pieces before it: its rounding error then grows with the number of pieces, not of products.
enum tile_start {
  TILE_ZERO, // they are stored
  TILE_BIAS, // they begin with the bias, and are stored
  TILE_ADD   // they are added to what is stored
};
#define SCL_SUM 128
// Steps of k by which the columns form asks for its operands in advance: pixels may lie a page apart.
#define SCL_AHEAD 16

// The operands of one tile. The sum over k runs in two loops, `outer` times `inner`.
struct tile {
  const float *a;
  ptrdiff_t a_row;             // rows form: distance of rows of a; k steps by 1
  const ptrdiff_t *a_offsets;  // rows form: where each outer step begins
  ptrdiff_t a_outer, a_inner;  // columns form: steps of k; rows of a are neighbours
  const float *b;
  ptrdiff_t b_outer, b_inner;  // columns form: steps of k (the rows form reads packed panels)
  size_t outer, inner;
  float *c;
  ptrdiff_t c_row;
  size_t columns;              // columns to store, at most SCL_PANEL
  const float *bias;           // TILE_BIAS: `columns` floats
  int streaming;               // c is aligned to vectors and goes past the caches
};

SCL_INLINE void tile_begin(vfloat acc[SCL_ROWS][SCL_VECTORS], const struct tile *t, const int rows,
                           const int vectors, const int start) {
#pragma clang loop unroll(full)
  for (int v = 0; v < vectors; v++) {
    size_t left = t->columns - (size_t)v * SCL_WIDTH;
    vfloat first = {};
    if (start == TILE_BIAS)
      first = left >= SCL_WIDTH ? v_load(t->bias + v * SCL_WIDTH) : v_load_partial(t->bias + v * SCL_WIDTH, left);
#pragma clang loop unroll(full)
    for (int i = 0; i < rows; i++)
      acc[i][v] = first;
  }
}

SCL_INLINE void tile_end(vfloat acc[SCL_ROWS][SCL_VECTORS], const struct tile *t, const int rows,
                         const int vectors, const int start) {
  const int full = t->columns == (size_t)vectors * SCL_WIDTH;
  if (full && start != TILE_ADD && t->streaming) {
#pragma clang loop unroll(full)
    for (int i = 0; i < rows; i++)
#pragma clang loop unroll(full)
      for (int v = 0; v < vectors; v++)
        __builtin_nontemporal_store(acc[i][v], (vfloat *)(t->c + i * t->c_row + v * SCL_WIDTH));
  } else if (full) {
#pragma clang loop unroll(full)
    for (int i = 0; i < rows; i++)
#pragma clang loop unroll(full)
      for (int v = 0; v < vectors; v++) {
        float *c = t->c + i * t->c_row + v * SCL_WIDTH;
        v_store(c, start == TILE_ADD ? v_load(c) + acc[i][v] : acc[i][v]);
      }
  } else {
#pragma clang loop unroll(full)
    for (int i = 0; i < rows; i++)
#pragma clang loop unroll(full)
      for (int v = 0; v < vectors; v++) {
        float *c = t->c + i * t->c_row + v * SCL_WIDTH;
        size_t left = t->columns - (size_t)v * SCL_WIDTH;
        size_t n = left < SCL_WIDTH ? left : SCL_WIDTH;
        v_store_partial(c, start == TILE_ADD ? v_load_partial(c, n) + acc[i][v] : acc[i][v], n);
      }
  }
}

// c = a b with a row by row: a(i, k) = a[i * a_row + a_offsets[outer] + inner], b packed in panels.
SCL_INLINE void tile_rows(const struct tile *t, const int rows, const int vectors, const int start) {
  vfloat acc[SCL_ROWS][SCL_VECTORS];
  tile_begin(acc, t, rows, vectors, start);
  const float *b = t->b;
  const ptrdiff_t row = t->a_row;
  const size_t inner = t->inner;
  for (size_t o = 0; o < t->outer; o++) {
    const float *a = t->a + t->a_offsets[o];
    for (size_t k = 0; k < inner; k++) {
      // The rows of the next tile, a cache line of each at a time: they may come from memory, and no hardware
      // follows so many short streams.
      if (k % 16 == 0) {
#pragma clang loop unroll(full)
        for (int i = 0; i < rows; i++)
          __builtin_prefetch(a + (rows + i) * row + (ptrdiff_t)k, 0, 3);
      }
      // The panel may stream from a slower cache.
#pragma clang loop unroll(full)
      for (int v = 0; v < vectors; v++)
        __builtin_prefetch(b + 48 * SCL_PANEL + v * SCL_WIDTH, 0, 3);
      vfloat bv[SCL_VECTORS];
#pragma clang loop unroll(full)
      for (int v = 0; v < vectors; v++)
        bv[v] = v_load(b + v * SCL_WIDTH);
#pragma clang loop unroll(full)
      for (int i = 0; i < rows; i++) {
        vfloat x = v_set(a[i * row + (ptrdiff_t)k]);
#pragma clang loop unroll(full)
        for (int v = 0; v < vectors; v++)
          acc[i][v] += x * bv[v];
      }
      b += SCL_PANEL;
    }
  }
  tile_end(acc, t, rows, vectors, start);
}

// c = a^T b with a column by column: a(i, k) = a[outer * a_outer + inner * a_inner + i], b likewise.
SCL_INLINE void tile_columns(const struct tile *t, const int rows, const int vectors, const int start) {
  vfloat acc[SCL_ROWS][SCL_VECTORS];
  tile_begin(acc, t, rows, vectors, start);
  const size_t inner = t->inner;
  for (size_t o = 0; o < t->outer; o++) {
    const float *a = t->a + (ptrdiff_t)o * t->a_outer;
    const float *b = t->b + (ptrdiff_t)o * t->b_outer;
    for (size_t k = 0; k < inner; k++) {
      __builtin_prefetch(a + SCL_AHEAD * t->a_inner, 0, 3);
#pragma clang loop unroll(full)
      for (int v = 0; v < vectors; v++)
        __builtin_prefetch(b + SCL_AHEAD * t->b_inner + v * SCL_WIDTH, 0, 3);
      vfloat bv[SCL_VECTORS];
#pragma clang loop unroll(full)
      for (int v = 0; v < vectors; v++)
        bv[v] = v_load(b + v * SCL_WIDTH);
#pragma clang loop unroll(full)
      for (int i = 0; i < rows; i++) {
        vfloat x = v_set(a[i]);
#pragma clang loop unroll(full)
        for (int v = 0; v < vectors; v++)
          acc[i][v] += x * bv[v];
      }
      a += t->a_inner;
      b += t->b_inner;
    }
  }
  tile_end(acc, t, rows, vectors, start);
}

// One function for every number of rows, so that the sums stay in registers.
#define SCL_TILE(form, rows, vectors)                                                                       \
  static void SCL_VARIANT(form##_##rows##_##vectors)(const struct tile *t, int start) {                     \
    if (start == TILE_ADD)                                                                                  \
      form(t, rows, vectors, TILE_ADD);                                                                     \
    else if (start == TILE_BIAS)                                                                            \
      form(t, rows, vectors, TILE_BIAS);                                                                    \
    else                                                                                                    \
      form(t, rows, vectors, TILE_ZERO);                                                                    \
  }
#define SCL_TILES_OF(form, vectors, X)                                                                      \
  X(form, 1, vectors) X(form, 2, vectors) X(form, 3, vectors) X(form, 4, vectors)
#define SCL_TILES_6(form, vectors, X) SCL_TILES_OF(form, vectors, X) X(form, 5, vectors) X(form, 6, vectors)
#define SCL_TILES_14(form, vectors, X)                                                                      \
  SCL_TILES_6(form, vectors, X) X(form, 7, vectors) X(form, 8, vectors) X(form, 9, vectors)                 \
  X(form, 10, vectors) X(form, 11, vectors) X(form, 12, vectors) X(form, 13, vectors) X(form, 14, vectors)
#if SCL_ROWS == 14
#define SCL_TILES SCL_TILES_14
#elif SCL_ROWS == 6
#define SCL_TILES SCL_TILES_6
#else
#define SCL_TILES SCL_TILES_OF
#endif
#define SCL_TILE_NAME(form, rows, vectors) SCL_VARIANT(form##_##rows##_##vectors),

SCL_TILES(tile_rows, 1, SCL_TILE)
SCL_TILES(tile_columns, 1, SCL_TILE)
#if SCL_VECTORS == 2
SCL_TILES(tile_rows, 2, SCL_TILE)
SCL_TILES(tile_columns, 2, SCL_TILE)
#endif

typedef void (*tile_function)(const struct tile *, int);
static const tile_function tile_rows_table[SCL_VECTORS][SCL_ROWS] = {
    {SCL_TILES(tile_rows, 1, SCL_TILE_NAME)},
#if SCL_VECTORS == 2
    {SCL_TILES(tile_rows, 2, SCL_TILE_NAME)},
#endif
};
static const tile_function tile_columns_table[SCL_VECTORS][SCL_ROWS] = {
    {SCL_TILES(tile_columns, 1, SCL_TILE_NAME)},
#if SCL_VECTORS == 2
    {SCL_TILES(tile_columns, 2, SCL_TILE_NAME)},
#endif
};

// Vectors that hold `columns` columns.
SCL_INLINE size_t tile_vectors(size_t columns) { return columns > SCL_WIDTH ? SCL_VECTORS : 1; }

// Cuts `rows` into pieces of nearly equal length, at most SCL_ROWS.
SCL_INLINE size_t tile_pieces(size_t rows) { return (rows + SCL_ROWS - 1) / SCL_ROWS; }

// All rows of one panel, form `rows`.
SCL_INLINE void product_rows(struct tile t, size_t rows, int start) {
  const tile_function *table = tile_rows_table[tile_vectors(t.columns) - 1];
  for (size_t pieces = tile_pieces(rows); rows > 0; pieces--) {
    size_t n = (rows + pieces - 1) / pieces;
    table[n - 1](&t, start);
    t.a += (ptrdiff_t)n * t.a_row;
    t.c += (ptrdiff_t)n * t.c_row;
    rows -= n;
  }
}

// All rows of one panel, form `columns`.
SCL_INLINE void product_columns(struct tile t, size_t rows, int start) {
  const tile_function *table = tile_columns_table[tile_vectors(t.columns) - 1];
  for (size_t pieces = tile_pieces(rows); rows > 0; pieces--) {
    size_t n = (rows + pieces - 1) / pieces;
    table[n - 1](&t, start);
    t.a += n;
    t.c += (ptrdiff_t)n * t.c_row;
    rows -= n;
  }
}
