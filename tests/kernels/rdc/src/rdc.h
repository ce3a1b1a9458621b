#pragma once

extern __constant__ float table[4];
extern __device__ int applied;
__device__ float lookup(int at);
