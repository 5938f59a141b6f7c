/* SPDX-License-Identifier: BSD-3-Clause */
/* Owns SHA-256, written from FIPS 180-4: firmware has no library for it and Debian's are not made
 * for firmware. */
#include "sha256.h"
#include "hv/lib.h"

const uint32_t sha256_k[64] = {
    /* FIPS 180-4 §4.2.2 */
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
    0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
    0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
    0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
};

static uint32_t rotr(uint32_t x, unsigned n)
{
    return x >> n | x << (32 - n);
}

static uint32_t load_be32(const uint8_t *p)
{
    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

/* One 64-byte block: §6.2.2; v is a to h of the standard. */
static void add_block(uint32_t state[8], const uint8_t *block)
{
    uint32_t w[64], v[8];

    for (unsigned t = 0; t < 16; t++)
        w[t] = load_be32(block + 4 * t);
    for (unsigned t = 16; t < 64; t++) {
        uint32_t s0 = rotr(w[t - 15], 7) ^ rotr(w[t - 15], 18) ^ w[t - 15] >> 3;
        uint32_t s1 = rotr(w[t - 2], 17) ^ rotr(w[t - 2], 19) ^ w[t - 2] >> 10;

        w[t] = w[t - 16] + s0 + w[t - 7] + s1;
    }
    memcpy(v, state, sizeof(v));
    for (unsigned t = 0; t < 64; t++) {
        uint32_t big1 = rotr(v[4], 6) ^ rotr(v[4], 11) ^ rotr(v[4], 25);
        uint32_t t1 = v[7] + big1 + ((v[4] & v[5]) ^ (~v[4] & v[6])) + sha256_k[t] + w[t];
        uint32_t big0 = rotr(v[0], 2) ^ rotr(v[0], 13) ^ rotr(v[0], 22);
        uint32_t t2 = big0 + ((v[0] & v[1]) ^ (v[0] & v[2]) ^ (v[1] & v[2]));

        for (unsigned i = 7; i; i--)
            v[i] = v[i - 1];
        v[4] += t1;
        v[0] = t1 + t2;
    }
    for (unsigned i = 0; i < 8; i++)
        state[i] += v[i];
}

void sha256_plain(uint32_t state[8], const uint8_t *block, size_t count)
{
    for (; count; count--, block += SHA256_BLOCK)
        add_block(state, block);
}

void sha256_with(sha256_blocks *blocks, const void *data, size_t bytes, uint8_t sum[SHA256_BYTES])
{
    uint32_t state[8] = {/* §5.3.3 */
                         0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
                         0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};
    size_t rest = bytes % SHA256_BLOCK, end = rest < SHA256_BLOCK - 8 ? 1 : 2;
    uint8_t last[2 * SHA256_BLOCK] = {0};

    blocks(state, data, bytes / SHA256_BLOCK);
    memcpy(last, (const uint8_t *)data + bytes - rest, rest);
    last[rest] = 0x80; /* §5.1.1: a one, zeros, the length */
    for (unsigned i = 0; i < 8; i++)
        last[end * SHA256_BLOCK - 1 - i] = (uint8_t)((uint64_t)bytes * 8 >> 8 * i);
    blocks(state, last, end);
    for (unsigned i = 0; i < SHA256_BYTES; i++)
        sum[i] = (uint8_t)(state[i / 4] >> (24 - 8 * (i % 4)));
}

void sha256(const void *data, size_t bytes, uint8_t sum[SHA256_BYTES])
{
    sha256_with(sha256_has_instructions() ? sha256_instructions : sha256_plain, data, bytes, sum);
}
