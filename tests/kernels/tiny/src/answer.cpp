#include "answer.h"

extern "C" int tiny_answer() { return ANSWER; }
