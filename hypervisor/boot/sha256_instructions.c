/* SPDX-License-Identifier: BSD-3-Clause */
/* SHA-256 by the processor's own instructions (SDM 2, SHA256RNDS2, SHA256MSG1, SHA256MSG2): two
 * rounds each. Firmware leaves SSE registers to its applications (UEFI §2.3.4). */
#include <cpuid.h>
#include <immintrin.h>

#include "sha256.h"

#define LEAF1_SSSE3_SSE41 (1u << 9 | 1u << 19)
#define LEAF7_SHA         (1u << 29)
#define SHA_CODE          __attribute__((target("sha,sse4.1")))

bool sha256_has_instructions(void)
{
    unsigned eax, ebx, ecx, edx;

    return __get_cpuid(1, &eax, &ebx, &ecx, &edx) && !(~ecx & LEAF1_SSSE3_SSE41) &&
           __get_cpuid_count(7, 0, &eax, &ebx, &ecx, &edx) && ebx & LEAF7_SHA;
}

/* Four words of the schedule at a time: `w` is a ring of the last sixteen. */
SHA_CODE void sha256_instructions(uint32_t s[8], const uint8_t *block, size_t count)
{
    const __m128i swap = _mm_set_epi64x(0x0c0d0e0f08090a0b, 0x0405060700010203);
    __m128i abef = _mm_setr_epi32((int)s[5], (int)s[4], (int)s[1], (int)s[0]);
    __m128i cdgh = _mm_setr_epi32((int)s[7], (int)s[6], (int)s[3], (int)s[2]);

    for (; count; count--, block += SHA256_BLOCK) {
        const __m128i abef_before = abef, cdgh_before = cdgh;
        __m128i w[4];

        for (unsigned i = 0; i < 4; i++)
            w[i] = _mm_shuffle_epi8(_mm_loadu_si128((const __m128i *)block + i), swap);
        for (unsigned i = 0; i < 16; i++) {
            __m128i *now = &w[i % 4], last = w[(i + 3) % 4];
            __m128i sum = _mm_add_epi32(*now, _mm_loadu_si128((const __m128i *)sha256_k + i));
            __m128i seven = _mm_alignr_epi8(last, w[(i + 2) % 4], 4); /* words t - 7 on */

            cdgh = _mm_sha256rnds2_epu32(cdgh, abef, sum);
            abef = _mm_sha256rnds2_epu32(abef, cdgh, _mm_shuffle_epi32(sum, 0x0E));
            *now = _mm_sha256msg1_epu32(*now, w[(i + 1) % 4]);
            *now = _mm_sha256msg2_epu32(_mm_add_epi32(*now, seven), last);
        }
        abef = _mm_add_epi32(abef, abef_before);
        cdgh = _mm_add_epi32(cdgh, cdgh_before);
    }
    /* The highest word of each is the first of its name. */
    _mm_storeu_si128((__m128i *)s, _mm_shuffle_epi32(_mm_unpackhi_epi64(cdgh, abef), 0x1B));
    _mm_storeu_si128((__m128i *)(s + 4), _mm_shuffle_epi32(_mm_unpacklo_epi64(cdgh, abef), 0x1B));
}
