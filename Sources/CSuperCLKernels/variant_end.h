// Last include of every variant file: ends the region that variant_*.h began.
#if defined(SCL_X86)
#pragma clang attribute pop
#endif
