// First include of every *_avx512.c: all functions below are compiled for AVX-512.
#pragma once
#if defined(__x86_64__)
#include <immintrin.h>
#pragma clang attribute push(__attribute__((target("avx512f,avx512bw,avx512vl,avx512dq,avx2,fma,f16c"))), \
                             apply_to = function)
#define SCL_X86 1
#endif
#define SCL_VARIANT(name) name##_avx512
#define SCL_WIDTH 16
#include "vector.h"
