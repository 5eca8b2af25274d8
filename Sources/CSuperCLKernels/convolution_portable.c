#include "variant_portable.h"
#include "convolution.inc.h"
#include "variant_end.h"
