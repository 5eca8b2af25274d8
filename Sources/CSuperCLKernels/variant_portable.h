// First include of every *_portable.c: plain C, with vectors the compiler lowers to what the target has.
#pragma once
#define SCL_VARIANT(name) name##_portable
#define SCL_WIDTH 8
#include "vector.h"
