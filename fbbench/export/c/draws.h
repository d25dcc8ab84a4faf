/* Random words of the library: splitmix64 at an address, see fbbench.kernels.random. */
#define FBB_GOLDEN 0x9E3779B97F4A7C15u

static uint64_t fbb_mixed(uint64_t v)
{
    v = (v ^ (v >> 30)) * 0xBF58476D1CE4E5B9u;
    v = (v ^ (v >> 27)) * 0x94D049BB133111EBu;
    return v ^ (v >> 31);
}

/* How many of 64 weights a word hits: the cuts that lie at or below its upper 34 bits. */
static int32_t fbb_hits(uint64_t draw, const uint64_t *cuts)
{
    int32_t n = 0;
    while (n < 64 && cuts[n] <= draw >> 30)
        n++;
    return n;
}

/* Which n of 64 weights those are; of more than 32, those that are not hit are drawn. */
static void fbb_positions(uint64_t draw, int32_t n, uint8_t *found)
{
    uint64_t seen = 0, fields = draw, more = draw;
    int32_t wanted = n <= 32 ? n : 64 - n, left = 5, number = 0, at;
    while (number < wanted) {
        if (!left) {
            more += FBB_GOLDEN;
            fields = fbb_mixed(more);
            left = 10;
        }
        at = (int32_t)(fields & 63);
        if (!((seen >> at) & 1)) {
            seen |= (uint64_t)1 << at;
            found[number++] = (uint8_t)at;
        }
        fields >>= 6;
        left--;
    }
    if (n > 32)
        for (at = 0, number = 0; at < 64; at++)
            if (!((seen >> at) & 1))
                found[number++] = (uint8_t)at;
}
