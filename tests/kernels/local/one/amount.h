#define AMOUNT 1
