/* The table of paths and the names of features, as paths.def lists them. */
#include "kernels.h"

const fbb_path_row fbb_paths[] = {
#define FBB_PATH_ROW(symbol, needs, for_tests) {&fbb_##symbol, needs, for_tests},
#include "paths.def"
#undef FBB_PATH_ROW
};
const int fbb_n_paths = sizeof fbb_paths / sizeof *fbb_paths;

const fbb_feature fbb_features[] = {
#define FBB_FEATURE(name, bit) {#name, bit},
#include "paths.def"
#undef FBB_FEATURE
};
const int fbb_n_features = sizeof fbb_features / sizeof *fbb_features;

const char *const fbb_rule_names[] = {
#define FBB_RULE(name, function) name,
#include "rules.def"
#undef FBB_RULE
};

const char *const fbb_readouts[] = {
#define FBB_READOUT(symbol, name) name,
#include "readouts.def"
#undef FBB_READOUT
};
const int fbb_n_readouts = sizeof fbb_readouts / sizeof *fbb_readouts;
