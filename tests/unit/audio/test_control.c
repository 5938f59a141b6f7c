/* SPDX-License-Identifier: BSD-3-Clause */
/* The control and event queues: what the device says of itself, elements, jacks, and requests that
 * are none. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "device/ctl.h"
#include "stage.h"

static struct stage stage;

static int up(void **state)
{
    (void)state;
    stage_init(&stage, 3, 2, false);
    stage_driver(&stage, VSND_F_CTLS);
    return 0;
}
static int down(void **state)
{
    (void)state;
    stage_finish(&stage);
    return 0;
}

static uint32_t ask_items(uint32_t code, uint32_t start, uint32_t count, uint32_t size, void *to,
                          size_t room, size_t *got)
{
    const struct vsnd_query q = {code, start, count, size};

    return stage_ask(&stage, &q, sizeof(q), to, room, got);
}

static const struct {
    uint32_t code, total, size;
} kinds[] = {
    {VSND_R_JACK_INFO, 2, sizeof(struct vsnd_jack_info)},
    {VSND_R_PCM_INFO, 5, sizeof(struct vsnd_pcm_info)},
    {VSND_R_CHMAP_INFO, 40, sizeof(struct vsnd_chmap_info)},
    {VSND_R_CTL_INFO, 3, sizeof(struct vsnd_ctl_info)},
};
#define KINDS (sizeof(kinds) / sizeof(kinds[0]))

static void test_configuration_space(void **state)
{
    const struct vu_ops *ops = stage.audio.vhost.ops;
    struct vsnd_config c;

    (void)state;
    assert_int_equal(ops->get_config(&stage.audio.vhost, 0, sizeof(c), &c), 0);
    assert_int_equal(c.jacks, 2);
    assert_int_equal(c.streams, 5);
    assert_int_equal(c.chmaps, 40);
    assert_int_equal(c.controls, 3);
    assert_int_equal(ops->get_config(&stage.audio.vhost, 12, 4, &c), 0);
    assert_int_equal(c.jacks, 3);
    assert_true(ops->get_config(&stage.audio.vhost, 13, 4, &c) < 0);
    assert_true(ops->get_config(&stage.audio.vhost, 0xFFFFFFFC, 8, &c) < 0);
    assert_null(ops->set_config);
}

static void test_every_item_alone_is_the_same_as_among_all(void **state)
{
    uint8_t all[40 * 96], one[96];
    size_t got;

    (void)state;
    for (size_t k = 0; k < KINDS; k++) {
        const uint32_t size = kinds[k].size;

        assert_int_equal(
            ask_items(kinds[k].code, 0, kinds[k].total, size, all, kinds[k].total * size, &got),
            VSND_S_OK);
        assert_int_equal(got, kinds[k].total * size);
        for (uint32_t i = 0; i < kinds[k].total; i++) {
            assert_int_equal(ask_items(kinds[k].code, i, 1, size, one, size, &got), VSND_S_OK);
            assert_int_equal(got, size);
            assert_memory_equal(one, all + i * size, size);
        }
    }
}

/* PCM_INFO with numbers that wrap round was the end of others. */
static void test_ranges_that_are_not_there(void **state)
{
    static const uint32_t odd[] = {1,          2,          0x7FFFFFFF, 0x80000000,
                                   0xFFFFFFF0, 0xFFFFFFFE, 0xFFFFFFFF};
    uint8_t room[4096];

    (void)state;
    for (size_t k = 0; k < KINDS; k++) {
        const uint32_t total = kinds[k].total, size = kinds[k].size;

        for (size_t i = 0; i < sizeof(odd) / sizeof(odd[0]); i++) {
            const uint32_t start[] = {total, total - 1, odd[i], 0, 1, 0u - odd[i]};
            const uint32_t count[] = {odd[i],         odd[i] + 1, odd[i],
                                      total + odd[i], total,      odd[i] + 1};

            for (size_t j = 0; j < 6; j++) {
                const bool there = (uint64_t)start[j] + count[j] <= total;

                if (!there)
                    assert_int_equal(ask_items(kinds[k].code, start[j], count[j], size, room,
                                               sizeof(room), NULL),
                                     VSND_S_BAD_MSG);
            }
        }
        assert_int_equal(ask_items(kinds[k].code, 0, 1, 0, room, sizeof(room), NULL),
                         VSND_S_BAD_MSG);
        assert_int_equal(ask_items(kinds[k].code, 0, 1, 0xFFFFFFFF, room, sizeof(room), NULL),
                         VSND_S_BAD_MSG);
        /* an answer that has no room for what was asked for */
        assert_int_equal(ask_items(kinds[k].code, 0, total, size, room, total * size - 1, NULL),
                         VSND_S_BAD_MSG);
    }
}

/* A driver of another version has a shorter or longer structure (§5.14.6.1). */
static void test_items_of_another_size(void **state)
{
    uint8_t all[40 * 128], want[128];
    size_t got;

    (void)state;
    for (size_t k = 0; k < KINDS; k++) {
        const uint32_t sizes[] = {4, kinds[k].size - 4, kinds[k].size + 8};

        for (size_t j = 0; j < 3; j++) {
            const uint32_t size = sizes[j];

            assert_int_equal(
                ask_items(kinds[k].code, 0, kinds[k].total, size, all, kinds[k].total * size, &got),
                VSND_S_OK);
            for (uint32_t i = 0; i < kinds[k].total; i++) {
                memset(want, 0, sizeof(want));
                assert_int_equal(
                    ask_items(kinds[k].code, i, 1, kinds[k].size, want, kinds[k].size, NULL),
                    VSND_S_OK);
                assert_memory_equal(all + i * size, want, size);
            }
        }
    }
}

static void test_streams_and_maps_belong_together(void **state)
{
    struct vsnd_pcm_info pcm[5];
    struct vsnd_chmap_info map[40];

    (void)state;
    assert_int_equal(ask_items(VSND_R_PCM_INFO, 0, 5, sizeof(pcm[0]), pcm, sizeof(pcm), NULL),
                     VSND_S_OK);
    assert_int_equal(ask_items(VSND_R_CHMAP_INFO, 0, 40, sizeof(map[0]), map, sizeof(map), NULL),
                     VSND_S_OK);
    for (unsigned i = 0; i < 5; i++) {
        assert_int_equal(pcm[i].direction, i < 3 ? VSND_D_OUTPUT : VSND_D_INPUT);
        assert_int_equal(pcm[i].nid, i < 3 ? i : i - 3);
        assert_int_equal(pcm[i].channels_min, 1);
        assert_int_equal(pcm[i].channels_max, 8);
        assert_int_equal(pcm[i].features, PCM_FEATURES);
        for (unsigned n = 0; n < 8; n++) {
            const struct vsnd_chmap_info *m = &map[8 * i + n];

            assert_int_equal(m->nid, pcm[i].nid);
            assert_int_equal(m->direction, pcm[i].direction);
            assert_int_equal(m->channels, n + 1);
            for (unsigned c = 0; c < VSND_CHMAP_MAX; c++)
                assert_true((m->position[c] != VSND_CHMAP_NONE) == (c <= n));
            for (unsigned c = 0; c <= n; c++)
                for (unsigned d = 0; d < c; d++)
                    assert_int_not_equal(m->position[c], m->position[d]);
        }
    }
}

static void test_requests_that_are_none(void **state)
{
    static const uint32_t codes[] = {0,      3,      0xFF,   0x106,  0x201,      0x307,
                                     0x1000, 0x1100, 0x8000, 0x8001, 0xFFFFFFFF, 0x10001};
    struct vu_device *dev = &stage.audio.vhost;
    uint32_t r[4] = {0}, written;
    unsigned chain;

    (void)state;
    for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++) {
        r[0] = codes[i];
        assert_int_equal(stage_ask(&stage, r, sizeof(r), NULL, 0, NULL), VSND_S_BAD_MSG);
    }
    for (size_t bytes = 0; bytes < sizeof(struct vsnd_query); bytes++) {
        r[0] = VSND_R_PCM_INFO;
        r[2] = 1;
        r[3] = 32;
        assert_int_equal(stage_ask(&stage, r, bytes, NULL, 32, NULL), VSND_S_BAD_MSG);
    }
    /* nowhere to put the answer: it comes back empty, and the next is answered */
    for (uint32_t room = 0; room < 4; room++) {
        r[0] = VSND_R_JACK_INFO;
        chain = stage_offer(&stage, VSND_QUEUE_CONTROL, r, sizeof(r), room);
        stage_kick(&stage, VSND_QUEUE_CONTROL);
        assert_int_equal(stage_back(&stage, VSND_QUEUE_CONTROL, &written), chain);
        assert_int_equal(written, 0);
    }
    assert_int_equal(ask_items(VSND_R_PCM_INFO, 0, 0, 32, NULL, 0, NULL), VSND_S_OK);
    assert_false(dev->queue[VSND_QUEUE_CONTROL].vq.broken);
}

static uint32_t element(uint32_t code, uint32_t id, const uint32_t *value, size_t values, void *to,
                        size_t room, size_t *got)
{
    struct vsnd_ctl_write w = {.code = code, .id = id};

    if (values)
        memcpy(w.value, value, values * sizeof(w.value[0]));
    return stage_ask(&stage, &w, sizeof(struct vsnd_item) + values * sizeof(w.value[0]), to, room,
                     got);
}

static uint32_t next_event(struct vsnd_event *e)
{
    const int chain = stage_back(&stage, VSND_QUEUE_EVENT, NULL);

    if (chain < 0)
        return 0;
    memcpy(e, stage_answer(&stage, VSND_QUEUE_EVENT, (unsigned)chain), sizeof(*e));
    return e->code;
}

static void give_event_buffers(unsigned n)
{
    while (n--)
        (void)stage_offer(&stage, VSND_QUEUE_EVENT, NULL, 0, sizeof(struct vsnd_event));
    stage_kick(&stage, VSND_QUEUE_EVENT);
}

static void test_volume_and_switch_reach_the_back_end(void **state)
{
    const struct link_volume *v = &stage.manual.stream[0].volume;
    uint32_t value[2] = {100, 60}, read[128];
    struct vsnd_tlv_db_scale scale;
    struct vsnd_event e;
    size_t got;

    (void)state;
    stage_prepare(&stage, 0, 1024, 4);
    assert_int_equal(v->left_centibel, 0);
    give_event_buffers(3);
    assert_int_equal(element(VSND_R_CTL_WRITE, 0, value, 2, NULL, 0, NULL), VSND_S_OK);
    assert_int_equal(v->left_centibel, 100);
    assert_int_equal(v->right_centibel, 300);
    assert_int_equal(next_event(&e), VSND_EVT_CTL_NOTIFY);
    assert_int_equal(e.data, VSND_CTL_EVT_VALUE << 16 | 0);
    assert_int_equal(element(VSND_R_CTL_READ, 0, NULL, 0, read, sizeof(read), &got), VSND_S_OK);
    assert_int_equal(got, sizeof(read));
    assert_memory_equal(read, value, sizeof(value));
    assert_int_equal(read[2], 0);
    /* the same again is no news */
    assert_int_equal(element(VSND_R_CTL_WRITE, 0, value, 2, NULL, 0, NULL), VSND_S_OK);
    assert_int_equal(next_event(&e), 0);
    /* what the scale says is what the back end gets: 0.01 dB to 0.1 dB */
    assert_int_equal(element(VSND_R_CTL_TLV_READ, 0, NULL, 0, &scale, sizeof(scale), &got),
                     VSND_S_OK);
    assert_int_equal(got, sizeof(scale));
    assert_int_equal(scale.type, 1);
    assert_int_equal(scale.length, 8);
    assert_int_equal(scale.step >> 16, 1);
    assert_int_equal(-(scale.min + (int32_t)((scale.step & 0xFFFF) * value[1])),
                     v->right_centibel * 10);
    assert_int_equal(scale.min + (int32_t)((scale.step & 0xFFFF) * CTL_VOLUME_MAX), 0);
    value[0] = 0;
    assert_int_equal(element(VSND_R_CTL_WRITE, 0, value, 2, NULL, 0, NULL), VSND_S_OK);
    assert_int_equal(v->left_centibel, LINK_MUTED);
    assert_int_equal(v->right_centibel, 300);
    value[0] = 0;
    assert_int_equal(element(VSND_R_CTL_WRITE, 1, value, 1, NULL, 0, NULL), VSND_S_OK);
    assert_int_equal(v->right_centibel, LINK_MUTED);
    /* a stream that comes later has them too */
    stage_prepare(&stage, 1, 1024, 4);
    assert_int_equal(stage.manual.stream[1].volume.right_centibel, LINK_MUTED);
}

static void test_a_source_is_chosen(void **state)
{
    char items[2][64];
    uint32_t value = LINK_SOURCE_MONITOR, read = 7;
    size_t got;

    (void)state;
    stage_prepare(&stage, 3, 1024, 4);
    assert_int_equal(stage.manual.stream[3].source, LINK_SOURCE_MICROPHONE);
    assert_int_equal(element(VSND_R_CTL_ENUM_ITEMS, 2, NULL, 0, items, sizeof(items), &got),
                     VSND_S_OK);
    assert_int_equal(got, sizeof(items));
    assert_string_equal(items[0], "Microphone");
    assert_string_equal(items[1], "Monitor");
    assert_int_equal(element(VSND_R_CTL_WRITE, 2, &value, 1, NULL, 0, NULL), VSND_S_OK);
    assert_int_equal(stage.manual.stream[3].source, LINK_SOURCE_MONITOR);
    assert_int_equal(element(VSND_R_CTL_READ, 2, NULL, 0, &read, sizeof(read), &got), VSND_S_OK);
    assert_int_equal(got, sizeof(read));
    assert_int_equal(read, LINK_SOURCE_MONITOR);
    value = LINK_SOURCES;
    assert_int_equal(element(VSND_R_CTL_WRITE, 2, &value, 1, NULL, 0, NULL), VSND_S_BAD_MSG);
}

static void test_elements_refuse_what_they_cannot(void **state)
{
    uint32_t value[2] = {CTL_VOLUME_MAX + 1, 0}, room[128];
    size_t got;

    (void)state;
    assert_int_equal(element(VSND_R_CTL_WRITE, 0, value, 2, NULL, 0, NULL), VSND_S_BAD_MSG);
    value[0] = 0xFFFFFFFF;
    assert_int_equal(element(VSND_R_CTL_WRITE, 0, value, 2, NULL, 0, NULL), VSND_S_BAD_MSG);
    value[0] = 1;
    assert_int_equal(element(VSND_R_CTL_WRITE, 0, value, 1, NULL, 0, NULL), VSND_S_BAD_MSG);
    assert_int_equal(stage.audio.state->volume[0], CTL_VOLUME_MAX);
    value[0] = 2;
    assert_int_equal(element(VSND_R_CTL_WRITE, 1, value, 1, NULL, 0, NULL), VSND_S_BAD_MSG);
    assert_int_equal(element(VSND_R_CTL_READ, 0, NULL, 0, room, 7, NULL), VSND_S_BAD_MSG);
    assert_int_equal(element(VSND_R_CTL_ENUM_ITEMS, 0, NULL, 0, room, 512, NULL), VSND_S_BAD_MSG);
    assert_int_equal(element(VSND_R_CTL_ENUM_ITEMS, 2, NULL, 0, room, 127, NULL), VSND_S_BAD_MSG);
    /* a scale with too little room for it: as much as fits (VIRTIO 1.3 §5.14.6.10.3.1) */
    assert_int_equal(element(VSND_R_CTL_TLV_READ, 0, NULL, 0, room, 12, &got), VSND_S_OK);
    assert_int_equal(got, 12);
    assert_int_equal(element(VSND_R_CTL_TLV_READ, 0, NULL, 0, room, 7, NULL), VSND_S_BAD_MSG);
    assert_int_equal(element(VSND_R_CTL_TLV_READ, 1, NULL, 0, room, 64, NULL), VSND_S_NOT_SUPP);
    assert_int_equal(element(VSND_R_CTL_TLV_WRITE, 0, value, 2, NULL, 0, NULL), VSND_S_NOT_SUPP);
    assert_int_equal(element(VSND_R_CTL_TLV_COMMAND, 0, value, 2, NULL, 0, NULL), VSND_S_NOT_SUPP);
    for (uint32_t code = VSND_R_CTL_ENUM_ITEMS; code <= VSND_R_CTL_TLV_COMMAND; code++) {
        assert_int_equal(element(code, 3, value, 2, room, 512, NULL), VSND_S_BAD_MSG);
        assert_int_equal(element(code, 0xFFFFFFFF, value, 2, room, 512, NULL), VSND_S_BAD_MSG);
        assert_int_equal(stage_ask(&stage, &code, sizeof(code), room, 512, NULL), VSND_S_BAD_MSG);
    }
}

static void test_elements_need_their_feature(void **state)
{
    (void)state;
    stage_halt(&stage);
    stage_driver(&stage, 0);
    for (uint32_t code = VSND_R_CTL_INFO; code <= VSND_R_CTL_TLV_COMMAND; code++)
        assert_int_equal(element(code, 0, NULL, 0, NULL, 0, NULL), VSND_S_NOT_SUPP);
}

static void test_jacks(void **state)
{
    struct vsnd_jack_info info[2];
    struct vsnd_jack_remap r = {VSND_R_JACK_REMAP, 1, 5, 9};
    struct vsnd_event e;

    (void)state;
    assert_int_equal(ask_items(VSND_R_JACK_INFO, 0, 2, sizeof(info[0]), info, sizeof(info), NULL),
                     VSND_S_OK);
    assert_int_equal(info[0].connected, 0);
    assert_int_equal(info[0].defconf >> 20 & 0xF, 0x1); /* HDA: speaker, microphone */
    assert_int_equal(info[1].defconf >> 20 & 0xF, 0xA);
    assert_int_equal(info[0].caps, 1u << 4 | 1u << 2);
    assert_int_equal(info[1].caps, 1u << 5 | 1u << 2);
    /* told when it happens, and once what is so when buffers come late */
    give_event_buffers(1);
    device_events.jack(&stage.audio, 1, true);
    assert_int_equal(next_event(&e), VSND_EVT_JACK_CONNECTED);
    assert_int_equal(e.data, 1);
    device_events.jack(&stage.audio, 1, true);
    for (unsigned i = 0; i < 101; i++)
        device_events.jack(&stage.audio, 0, i % 2 == 0);
    device_events.jack(&stage.audio, 1, false);
    device_events.jack(&stage.audio, 2, true); /* there is none */
    device_events.jack(&stage.audio, 31, true);
    give_event_buffers(8);
    assert_int_equal(next_event(&e), VSND_EVT_JACK_CONNECTED);
    assert_int_equal(e.data, 0);
    assert_int_equal(next_event(&e), VSND_EVT_JACK_DISCONNECTED);
    assert_int_equal(e.data, 1);
    assert_int_equal(next_event(&e), 0);
    assert_int_equal(stage_ask(&stage, &r, sizeof(r), NULL, 0, NULL), VSND_S_OK);
    assert_int_equal(ask_items(VSND_R_JACK_INFO, 0, 2, sizeof(info[0]), info, sizeof(info), NULL),
                     VSND_S_OK);
    assert_int_equal(info[1].defconf & 0xFF, 0x59);
    assert_int_equal(info[0].defconf & 0xFF, 0x10);
    assert_int_equal(info[0].connected, 1);
    for (unsigned i = 0; i < 3; i++) {
        const uint32_t bad[3][3] = {{2, 5, 9}, {0, 0, 9}, {0, 16, 0}};

        memcpy(&r.id, bad[i], sizeof(bad[i]));
        assert_int_equal(stage_ask(&stage, &r, sizeof(r), NULL, 0, NULL), VSND_S_BAD_MSG);
    }
    r = (struct vsnd_jack_remap){VSND_R_JACK_REMAP, 0, 5, 16};
    assert_int_equal(stage_ask(&stage, &r, sizeof(r), NULL, 0, NULL), VSND_S_BAD_MSG);
    assert_int_equal(stage_ask(&stage, &r, sizeof(r) - 1, NULL, 0, NULL), VSND_S_BAD_MSG);
}

/* Event buffers that hold no event, and one that can be read. */
static void test_event_buffers_of_the_wrong_kind(void **state)
{
    struct vsnd_event e;
    uint32_t written;

    (void)state;
    (void)stage_offer(&stage, VSND_QUEUE_EVENT, NULL, 0, 3);
    device_events.jack(&stage.audio, 0, true);
    assert_true(stage_back(&stage, VSND_QUEUE_EVENT, &written) >= 0);
    assert_int_equal(written, 3);
    (void)stage_offer(&stage, VSND_QUEUE_EVENT, NULL, 16, 0);
    device_events.jack(&stage.audio, 0, false);
    assert_true(stage_back(&stage, VSND_QUEUE_EVENT, &written) >= 0);
    assert_int_equal(written, 0);
    give_event_buffers(1);
    device_events.jack(&stage.audio, 0, true);
    assert_int_equal(next_event(&e), VSND_EVT_JACK_CONNECTED);
}

static void test_a_card_of_one_direction(void **state)
{
    struct stage one;
    struct vsnd_config c;

    (void)state;
    for (unsigned playback = 0; playback < 2; playback++) {
        stage_init(&one, playback, !playback, false);
        assert_int_equal(one.audio.vhost.ops->get_config(&one.audio.vhost, 0, sizeof(c), &c), 0);
        assert_int_equal(c.jacks, 1);
        assert_int_equal(c.streams, 1);
        assert_int_equal(c.controls, playback ? 2 : 1);
        stage_driver(&one, VSND_F_CTLS);
        stage_prepare(&one, 0, 1024, 2);
        assert_int_equal(stage_pcm(&one, VSND_R_PCM_PREPARE, 1), VSND_S_BAD_MSG);
        stage_finish(&one);
    }
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, up, down)
    const struct CMUnitTest tests[] = {
        TEST(test_configuration_space),
        TEST(test_every_item_alone_is_the_same_as_among_all),
        TEST(test_ranges_that_are_not_there),
        TEST(test_items_of_another_size),
        TEST(test_streams_and_maps_belong_together),
        TEST(test_requests_that_are_none),
        TEST(test_volume_and_switch_reach_the_back_end),
        TEST(test_a_source_is_chosen),
        TEST(test_elements_refuse_what_they_cannot),
        TEST(test_elements_need_their_feature),
        TEST(test_jacks),
        TEST(test_event_buffers_of_the_wrong_kind),
        TEST(test_a_card_of_one_direction),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
