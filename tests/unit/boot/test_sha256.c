/* SPDX-License-Identifier: BSD-3-Clause */
/* SHA-256 against the examples of FIPS 180-4 and NIST's byte-oriented test vectors (SHAVS). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "hypervisor/boot/sha256.h"

static void sum_is(const void *data, size_t bytes, const char *expected)
{
    sha256_blocks *const ways[] = {sha256_plain, sha256_instructions};

    for (size_t way = 0; way < (sha256_has_instructions() ? 2 : 1); way++) {
        uint8_t sum[SHA256_BYTES];
        char text[2 * SHA256_BYTES + 1];

        sha256_with(ways[way], data, bytes, sum);
        for (size_t i = 0; i < SHA256_BYTES; i++)
            snprintf(text + 2 * i, 3, "%02x", sum[i]);
        assert_string_equal(text, expected);
    }
}

static const struct {
    const char *message, *sum;
} examples[] = {
    {"", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
    {"abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
    {"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
     "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"},
    {"abcdefghbcdefghicdefghijdefghijkefghijklfghijklmghijklmnhijklmnoijklmnopjklmnopqklmnopqrlmnop"
     "qrsm"
     "nopqrstnopqrstu",
     "cf5b16a778af8380036ce59e7b0492370b249b11e8f07a51afac45037afee9d1"},
    {"\xbd", "68325720aabd7c82f30f554b313d0570c95accbb7dc4b5aae11204c08ffe732b"},
    {"\xc9\x8c\x8e\x55", "7abc22c0ae5af26ce93dbb94433a0e0b2e119d014f8e7f65bd56c61ccccd9504"},
};

static void test_examples(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(examples) / sizeof(examples[0]); i++)
        sum_is(examples[i].message, strlen(examples[i].message), examples[i].sum);
}

/* Lengths around the padding's edges: NIST's example file of zeros. */
static void test_zeros(void **state)
{
    static const struct {
        size_t bytes;
        const char *sum;
    } zeros[] = {
        {55, "02779466cdec163811d078815c633f21901413081449002f24aa3e80f0b88ef7"},
        {56, "d4817aa5497628e7c77e6b606107042bbba3130888c5f47a375e6179be789fbb"},
        {57, "65a16cb7861335d5ace3c60718b5052e44660726da4cd13bb745381b235a1785"},
        {64, "f5a5fd42d16a20302798ef6ed309979b43003d2320d9f0e8ea9831a92759fb4b"},
        {1000, "541b3e9daa09b20bf85fa273e5cbd3e80185aa4ec298e765db87742b70138a53"},
        {1000000, "d29751f2649b32ff572b5e0a9f541ea660a50f94ff0beedfb0b692b924cc8025"},
    };
    uint8_t *data = calloc(1, 1000000);

    (void)state;
    assert_non_null(data);
    for (size_t i = 0; i < sizeof(zeros) / sizeof(zeros[0]); i++)
        sum_is(data, zeros[i].bytes, zeros[i].sum);
    free(data);
}

static void test_million(void **state)
{
    char *data = malloc(1000000);

    (void)state;
    assert_non_null(data);
    memset(data, 'a', 1000000);
    sum_is(data, 1000000, "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
    free(data);
}

/* Every length up to some blocks, at every place in a word: both ways say the same. */
static void test_ways_agree(void **state)
{
    uint8_t data[400], sums[2][SHA256_BYTES];

    (void)state;
    if (!sha256_has_instructions())
        skip();
    for (size_t i = 0; i < sizeof(data); i++)
        data[i] = (uint8_t)(i * 167 + (i >> 3));
    for (size_t at = 0; at < 17; at++)
        for (size_t bytes = 0; bytes + at <= sizeof(data); bytes++) {
            sha256_with(sha256_plain, data + at, bytes, sums[0]);
            sha256_with(sha256_instructions, data + at, bytes, sums[1]);
            assert_memory_equal(sums[0], sums[1], SHA256_BYTES);
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_examples),
        cmocka_unit_test(test_zeros),
        cmocka_unit_test(test_million),
        cmocka_unit_test(test_ways_agree),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
