/* SPDX-License-Identifier: BSD-3-Clause */
/* Contexts that the physical GPU has ended, and a physical GPU that stands still. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "backend/null.h"
#include "core/health.h"
#include "vhost/virtq.h"

static struct vgpu gpu;
static struct null_gpu null;
static struct vq_mem mem;
static struct vgpu_answer answer;

static void sink_scanout(void *sink, unsigned n, struct resource *r, const struct vgpu_rect *rect)
{
    (void)sink, (void)n, (void)r, (void)rect;
}
static const struct vgpu_sink sink = {.scanout = sink_scanout};

static int start(void **state)
{
    static const struct vgpu_mode mode = {1280, 720, 60000};
    static const struct vgpu_limits limits = {{8, 1 << 20}, .contexts = 4, .batches = 4};

    (void)state;
    memset(&null, 0, sizeof(null));
    memset(&mem, 0, sizeof(mem));
    vgpu_init(&gpu, &gvt_backend_null, &null, &sink, NULL, &mode, 1, &limits);
    return 0;
}

static int stop(void **state)
{
    (void)state;
    vgpu_reset(&gpu);
    assert_int_equal(null.jobs, 0);
    assert_int_equal(null.contexts, 0);
    assert_int_equal(null.resources, 0);
    assert_int_equal(null.attachments, 0);
    return 0;
}

static uint32_t send(uint32_t type, uint32_t ctx, void *payload, size_t bytes)
{
    union vgpu_request r = {
        .submit_3d = {.header = {.type = type, .ctx_id = ctx}, .bytes = (uint32_t)bytes}};
    const size_t fixed = payload                       ? sizeof(r.submit_3d)
                         : type == VGPU_CMD_CTX_CREATE ? sizeof(r.ctx_create)
                                                       : sizeof(r.header);

    vgpu_execute(&gpu, &mem, VGPU_QUEUE_CONTROL, &r, fixed + bytes, payload, &answer);
    return answer.u.header.type;
}

static uint32_t batch(uint32_t ctx)
{
    uint32_t nothing[] = {0};

    return send(VGPU_CMD_SUBMIT_3D, ctx, nothing, sizeof(nothing));
}

/* Whether a request that takes the physical GPU and none of its time may come. */
static bool ready(void)
{
    const union vgpu_request r = {.header.type = VGPU_CMD_RESOURCE_UNREF};

    return vgpu_ready(&gpu, VGPU_QUEUE_CONTROL, &r, sizeof(r.resource));
}

static void finish_all(void)
{
    while (null.jobs)
        null_finish(&null, 0);
}

static void test_an_ended_context_is_noticed(void **state)
{
    (void)state;
    for (uint32_t id = 1; id <= 3; id++)
        assert_int_equal(send(VGPU_CMD_CTX_CREATE, id, NULL, 0), VGPU_OK_NODATA);
    assert_int_equal(batch(1), VGPU_OK_NODATA);
    assert_int_equal(batch(2), VGPU_OK_NODATA);
    finish_all();
    assert_int_equal(health_look(&gpu), HEALTH_WORKS);
    assert_int_equal(null.jobs, 4); /* of the two that were used */
    finish_all();
    assert_int_equal(gpu.statistics.lost, 0);
    assert_int_equal(health_look(&gpu), HEALTH_IDLE);
    assert_int_equal(null.jobs, 0);
    /* It takes commands and does nothing. */
    null.dead = 2;
    for (unsigned i = 0; i < 2; i++) {
        assert_int_equal(batch(1), VGPU_OK_NODATA);
        assert_int_equal(batch(2), i ? VGPU_ERR_INVALID_CONTEXT_ID : VGPU_OK_NODATA);
        finish_all();
        assert_int_equal(health_look(&gpu), HEALTH_WORKS);
        finish_all();
        assert_int_equal(gpu.statistics.lost, 1);
    }
    assert_int_equal(batch(1), VGPU_OK_NODATA);
    /* The guest may make another one of that number. */
    assert_int_equal(send(VGPU_CMD_CTX_DESTROY, 2, NULL, 0), VGPU_OK_NODATA);
    null.dead = 0;
    assert_int_equal(send(VGPU_CMD_CTX_CREATE, 2, NULL, 0), VGPU_OK_NODATA);
    assert_int_equal(batch(2), VGPU_OK_NODATA);
}

static void test_a_context_goes_while_it_is_looked_at(void **state)
{
    (void)state;
    assert_int_equal(send(VGPU_CMD_CTX_CREATE, 1, NULL, 0), VGPU_OK_NODATA);
    assert_int_equal(send(VGPU_CMD_CTX_CREATE, 2, NULL, 0), VGPU_OK_NODATA);
    assert_int_equal(batch(1), VGPU_OK_NODATA);
    assert_int_equal(batch(2), VGPU_OK_NODATA);
    finish_all();
    assert_int_equal(health_look(&gpu), HEALTH_WORKS);
    null_finish(&null, 0);
    assert_int_equal(send(VGPU_CMD_CTX_DESTROY, 1, NULL, 0), VGPU_OK_NODATA);
    assert_int_equal(null.jobs, 2);
    finish_all();
    assert_int_equal(gpu.statistics.lost, 0);
    /* stop() resets in the middle of another look */
    assert_int_equal(batch(2), VGPU_OK_NODATA);
    finish_all();
    assert_int_equal(health_look(&gpu), HEALTH_WORKS);
}

static void test_what_cannot_be_looked_at_is_not_lost(void **state)
{
    (void)state;
    assert_int_equal(send(VGPU_CMD_CTX_CREATE, 1, NULL, 0), VGPU_OK_NODATA);
    assert_int_equal(batch(1), VGPU_OK_NODATA);
    finish_all();
    null.failing = true; /* no memory for the canary */
    assert_int_equal(health_look(&gpu), HEALTH_WORKS);
    assert_int_equal(null.jobs, 0);
    null.failing = false;
    assert_int_equal(health_look(&gpu), HEALTH_WORKS);
    assert_int_equal(null.jobs, 2);
    finish_all();
    assert_int_equal(gpu.statistics.lost, 0);
    assert_int_equal(health_look(&gpu), HEALTH_IDLE);
}

static void test_a_gpu_that_stands_still(void **state)
{
    unsigned looks = 0;

    (void)state;
    assert_int_equal(send(VGPU_CMD_CTX_CREATE, 1, NULL, 0), VGPU_OK_NODATA);
    assert_int_equal(batch(1), VGPU_OK_NODATA);
    assert_true(gpu.health.work);
    /* Slow is not still. */
    for (unsigned i = 0; i < 3 * HEALTH_PATIENCE; i++) {
        assert_int_equal(health_look(&gpu), HEALTH_WORKS);
        if (i % (HEALTH_PATIENCE - 1) == 0)
            null_finish(&null, 0);
        assert_int_equal(batch(1), VGPU_OK_NODATA);
    }
    assert_true(ready());
    while (health_look(&gpu) == HEALTH_WORKS) {
        assert_true(++looks <= HEALTH_PATIENCE);
        assert_int_equal(ready(), gpu.health.still < HEALTH_DOUBT);
    }
    assert_true(looks >= HEALTH_PATIENCE - 2);
    assert_int_equal(health_look(&gpu), HEALTH_STANDS);
    null_finish(&null, 0);
    assert_true(ready());
    finish_all();
    assert_int_equal(health_look(&gpu), HEALTH_WORKS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_an_ended_context_is_noticed, start, stop),
        cmocka_unit_test_setup_teardown(test_a_context_goes_while_it_is_looked_at, start, stop),
        cmocka_unit_test_setup_teardown(test_what_cannot_be_looked_at_is_not_lost, start, stop),
        cmocka_unit_test_setup_teardown(test_a_gpu_that_stands_still, start, stop),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
