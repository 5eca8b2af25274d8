// The C interface of OpenBLAS, as Debian's libopenblas-dev installs it.
#pragma once
#include <cblas.h>
#include <stddef.h>

// LAPACK is inside OpenBLAS's library, but not in its headers. Fortran passes the lengths of strings behind all else.
void dsyev_(const char *jobz, const char *uplo, const blasint *n, double *a, const blasint *lda, double *w,
            double *work, const blasint *lwork, blasint *info, size_t jobz_length, size_t uplo_length);
void dgesdd_(const char *jobz, const blasint *m, const blasint *n, double *a, const blasint *lda, double *s,
             double *u, const blasint *ldu, double *vt, const blasint *ldvt, double *work,
             const blasint *lwork, blasint *iwork, blasint *info, size_t jobz_length);
