#pragma once

#include <stddef.h>

/* What libnifti's own reader makes of a file: what tests compare the library's reader with. Valid files alone: on
   damaged ones libnifti is no oracle. */
struct nifti_oracle_volume {
  long long lengths[7];
  int rank;
  int datatype;
  double slope;
  double intercept;
  /* The sform where its code is above 0, else the qform: rows of four. */
  double affine[12];
  size_t byte_count;
  /* Voxels as stored, in this machine's order of bytes; released by nifti_oracle_release. */
  void *bytes;
};

/* Returns 0, or -1 when libnifti does not read the file. */
int nifti_oracle_read(const char *path, struct nifti_oracle_volume *volume);

void nifti_oracle_release(struct nifti_oracle_volume *volume);
