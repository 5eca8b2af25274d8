#include "variant_portable.h"
#include "contrastive.inc.h"
#include "variant_end.h"
