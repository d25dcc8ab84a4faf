/* A vector of a path's width, as words. */
#ifndef FBB_LANES
#define FBB_LANES
typedef uint64_t lanes __attribute__((vector_size(8 * LANE_WORDS)));
#endif
