#include "variant_portable.h"

// Vectors never cross a function that is not inlined, so their calling convention does not matter.
#pragma clang diagnostic ignored "-Wpsabi"
#include "slic.inc.h"

#include "variant_end.h"
