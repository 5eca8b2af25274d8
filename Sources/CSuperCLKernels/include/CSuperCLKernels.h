// SuperCL's SIMD kernels: the one header that Swift imports.
// Each family has a table of function pointers in three variants (AVX-512, AVX2 + FMA, portable);
// `scl_isa.h` says how the variant is chosen.
#pragma once
#include "scl_contrastive.h"
#include "scl_convolution.h"
#include "scl_elementwise.h"
#include "scl_gray.h"
#include "scl_isa.h"
#include "scl_normalization.h"
#include "scl_optimizer.h"
#include "scl_pairs.h"
#include "scl_pooling.h"
#include "scl_reduction.h"
#include "scl_resampling.h"
#include "scl_slic.h"
#include "scl_threads.h"
#include "scl_winograd.h"
