/* One prediction. model.h has fbb_predict, row.h a packed row. */
#include "model.h"
#include "row.h"

static uint32_t fbb_work(void)
{
    int32_t found;
    fbb_begin();
    found = fbb_predict(row);
    fbb_end();
    return (uint32_t)found;
}
