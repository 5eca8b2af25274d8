// The C interface of OpenBLAS, as Debian's libopenblas-dev installs it.
#pragma once
#include <cblas.h>
