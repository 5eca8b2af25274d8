// First include of every *_avx2.c: all functions below are compiled for AVX2 with FMA.
#pragma once
#if defined(__x86_64__)
#include <immintrin.h>
#pragma clang attribute push(__attribute__((target("avx2,fma,f16c"))), apply_to = function)
#define SCL_X86 1
#endif
#define SCL_VARIANT(name) name##_avx2
#define SCL_WIDTH 8
#include "vector.h"
