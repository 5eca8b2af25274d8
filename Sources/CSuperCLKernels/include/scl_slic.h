#pragma once
#include <stddef.h>
#include <stdint.h>

/// Columns that a tile of the SLIC assignment covers, and the rows of a strip. Feature rows are padded with
/// zeros to a multiple of the block, so that whole blocks may be read.
enum { SCL_SLIC_BLOCK = 16, SCL_SLIC_STRIP = 8 };

/// One assignment pass: what all strips share. Planes of features hold `depth * height` padded rows.
struct scl_slic_pass {
  const float *features;
  ptrdiff_t feature_row;   // floats between rows
  ptrdiff_t feature_plane; // floats between channels
  /// Running sums of the features before each block: `(rows, blocks + 1, channels)`.
  const double *block_sums;
  /// `depth * height * width` labels: read (negative = masked out, kept) and written.
  int32_t *labels;
  int32_t depth, height, width, channels;
  /// Centres in voxels and in feature units: `clusters` values, colours `(clusters, channels)`.
  const float *center_z, *center_y, *center_x, *center_color;
  /// NULL, or the factor of the colour term of each cluster (SLICO).
  const float *color_weight;
  /// Length of one voxel along each axis in the units of the distance.
  float scale_z, scale_y, scale_x;
  /// A pixel is compared with the centres at most this many voxels away along each axis.
  float window_z, window_y, window_x;
  /// The clusters that reach into each strip, ascending; strips are numbered plane by plane.
  const int32_t *strip_offsets, *strip_clusters;
  int32_t strips_per_plane;
  /// Only rows with `row % row_stride == row_phase` are visited.
  int32_t row_stride, row_phase;
};

/// Scratch of one thread; sizes from `scl_slic_workspace_bytes`.
struct scl_slic_workspace {
  void *memory;
  int32_t capacity; // clusters a strip may have
};

/// Where the channels begin in a cluster's row of a table of sums, behind count, plane, row, column.
enum { SCL_SLIC_SUMS = 4 };

/// Doubles of one cluster in a table of sums; up to four channels have room for four.
#define SCL_SLIC_COLUMNS(channels) (SCL_SLIC_SUMS + ((channels) < 4 ? 4 : (channels)))

struct scl_slic_kernels {
  /// Assigns every pixel of a strip to the nearest of its clusters, adds the strip to `sums`
  /// `(clusters, SCL_SLIC_COLUMNS(channels))` and returns how many labels changed.
  int64_t (*assign)(const struct scl_slic_pass *pass, int64_t strip, const struct scl_slic_workspace *workspace,
                    double *sums);
  /// SLICO: raises `maxima[k]` to the largest squared color distance, times `unit`, between center k and its
  /// pixels in a strip.
  void (*raise_maxima)(const struct scl_slic_pass *pass, int64_t strip, float unit, float *maxima);
  /// Writes the columns at which the label changes (column 0 first) and returns how many there are; with
  /// `starts` NULL it only counts.
  int64_t (*runs)(const int32_t *labels, int64_t width, int32_t *starts);
  /// Writes the labels of the runs of one row: `numbers[component[i]]`, or `component[i]` with `numbers` NULL. Runs
  /// with a negative component are left as they are.
  void (*fill_runs)(int32_t *labels, int64_t width, const int32_t *starts, const int32_t *component, int64_t runs,
                    const int32_t *numbers);
  /// Adds the features of the runs of one row to the sums `(components, channels)`; run i belongs to
  /// `component[i]` (negative: skipped).
  void (*add_runs)(const struct scl_slic_pass *pass, int64_t row, const int32_t *starts,
                   const int32_t *component, int64_t runs, float *sums);
  /// Running sums before each block of a feature row, for one channel: `blocks + 1` values.
  void (*block_sums)(const float *row, int64_t blocks, int64_t stride, double *sums);
  /// `minimum`, `maximum` take the extremes of finite values; returns 1 when a value is NaN or infinite.
  int (*range)(const double *values, int64_t count, double *minimum, double *maximum);
  /// `out = quantum * round((values - offset) * scale / quantum)`.
  void (*rescale)(const double *values, int64_t count, double offset, double scale, double quantum, float *out);
  /// In place: sRGB values in 0...1 become linear light.
  void (*linear_light)(float *values, int64_t count);
  /// In place: rows of linear red, green, blue become L*, a*, b* (D65), rounded to multiples of `quantum`.
  void (*lab)(float *red, float *green, float *blue, int64_t count, float quantum);
  /// `out[i] = table[bytes[i * stride]]`.
  void (*look_up)(const uint8_t *bytes, ptrdiff_t stride, int64_t count, const float *table, float *out);
  /// The extremes of bytes: `*minimum` and `*maximum` are lowered and raised.
  void (*byte_range)(const uint8_t *bytes, int64_t count, uint8_t *minimum, uint8_t *maximum);
};

/// The table of the instruction set in use.
const struct scl_slic_kernels *scl_slic(void);

/// Bytes of scratch that a thread needs for strips of at most `clusters` clusters.
size_t scl_slic_workspace_bytes(int64_t clusters, int64_t channels, int64_t width, float window_x);

/// The scalar types of strided input.
enum scl_slic_format {
  SCL_SLIC_UINT8 = 0,
  SCL_SLIC_INT8,
  SCL_SLIC_UINT16,
  SCL_SLIC_INT16,
  SCL_SLIC_INT32,
  SCL_SLIC_FLOAT32,
  SCL_SLIC_FLOAT64,
};

/// Reads `count` values that lie `stride` elements apart.
void scl_slic_load(const void *base, int format, ptrdiff_t stride, int64_t count, double *out);
