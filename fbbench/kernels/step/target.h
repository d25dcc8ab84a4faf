/* A region whose functions may use an instruction set: REGION_BEGIN("avx2,popcnt") ... REGION_END. */
#ifndef FBB_TARGET_H
#define FBB_TARGET_H
#define PRAGMA_OF(text) _Pragma(#text)
#if defined(__clang__)
#define REGION_BEGIN(features) PRAGMA_OF(clang attribute push(__attribute__((target(features))), apply_to = function))
#define REGION_END PRAGMA_OF(clang attribute pop)
#else
#define REGION_BEGIN(features) PRAGMA_OF(GCC push_options) PRAGMA_OF(GCC target(features))
#define REGION_END PRAGMA_OF(GCC pop_options)
#endif
#endif
