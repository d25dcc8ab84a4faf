#define FBB_INPUT_WORDS ((FBB_INPUTS + 31) / 32)
#define FBB_UNIT_WORDS ((FBB_UNITS + 31) / 32)

/* The input that a wire names, negated where it is odd. */
static uint32_t fbb_wire(const uint32_t *row, uint32_t wire)
{
    return ((row[wire / 64] >> (wire / 2 % 32)) ^ wire) & 1;
}

/* The bits of the units: the first FBB_PAIRS are 1 where their first two wires agree, the others where most wires are 1. */
static void fbb_units(const uint32_t *row, uint32_t *units)
{
    const fbb_wires *wires = fbb_wires_of_units;
    int32_t u, i;
    for (u = 0; u <= FBB_UNIT_WORDS; u++) /* one more than there may be none of */
        units[u] = 0;
    for (u = 0; u < FBB_UNITS; u++, wires += FBB_FAN_IN) {
        uint32_t bit, ones = 0;
        if (u < FBB_PAIRS)
            bit = 1 ^ fbb_wire(row, wires[0]) ^ fbb_wire(row, wires[1]);
        else {
            for (i = 0; i < FBB_FAN_IN; i++)
                ones += fbb_wire(row, wires[i]);
            bit = ones > FBB_FAN_IN / 2;
        }
        units[u / 32] |= bit << (u % 32);
    }
}
