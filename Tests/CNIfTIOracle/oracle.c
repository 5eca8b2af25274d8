#include "CNIfTIOracle.h"

#include <nifti/nifti2_io.h>
#include <stdlib.h>
#include <string.h>

int nifti_oracle_read(const char *path, struct nifti_oracle_volume *volume) {
  memset(volume, 0, sizeof *volume);
  nifti_set_debug_level(0);
  nifti_image *image = nifti_image_read(path, 1);
  if (!image) return -1;
  volume->rank = (int)image->ndim;
  for (int axis = 0; axis < 7; axis++) volume->lengths[axis] = image->dim[axis + 1];
  volume->datatype = image->datatype;
  volume->slope = image->scl_slope;
  volume->intercept = image->scl_inter;
  const nifti_dmat44 *affine = image->sform_code > 0 ? &image->sto_xyz : &image->qto_xyz;
  for (int row = 0; row < 3; row++) {
    for (int column = 0; column < 4; column++) volume->affine[4 * row + column] = affine->m[row][column];
  }
  volume->byte_count = (size_t)image->nvox * (size_t)image->nbyper;
  volume->bytes = image->data;
  image->data = NULL;
  nifti_image_free(image);
  return 0;
}

void nifti_oracle_release(struct nifti_oracle_volume *volume) {
  free(volume->bytes);
  volume->bytes = NULL;
}
