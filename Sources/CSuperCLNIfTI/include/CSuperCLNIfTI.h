// The parts of libnifti that MedIO uses: the header structures and the zlib-aware file layer.
// Debian's headers include <znzlib.h> in angle brackets and ship no pkg-config file; the one-line
// forwarders beside this file stand in for a search path.
#pragma once
#include <zlib.h>
// znzlib.h shows its zlib handle, which gzerror and gzbuffer need, only under this name; the library is
// built with it.
#ifndef HAVE_ZLIB
#define HAVE_ZLIB
#endif
#include <nifti/nifti1.h>
#include <nifti/nifti2.h>
#include <znzlib.h>
