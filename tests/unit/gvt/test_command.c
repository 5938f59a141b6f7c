/* SPDX-License-Identifier: BSD-3-Clause */
/* The command table of VIRTIO 1.2 §5.7.6: what it lets through, and what the features guard. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "proto/command.h"

#define EVERYTHING (VGPU_F_VIRGL | VGPU_F_EDID | VGPU_F_UUID | VGPU_F_BLOB | VGPU_F_CONTEXT)

/* The least that is right, for every command. */
static union vgpu_request good(uint32_t type)
{
    union vgpu_request r = {.header = {.type = type, .ctx_id = 1}};

    switch (type) {
    case VGPU_CMD_RESOURCE_CREATE_2D:
        r.create_2d = (struct vgpu_create_2d){r.header, 1, VGPU_FORMAT_B8G8R8X8, 1, 1};
        break;
    case VGPU_CMD_RESOURCE_FLUSH:
        r.flush = (struct vgpu_flush){r.header, {0, 0, 1, 1}, 1, 0};
        break;
    case VGPU_CMD_TRANSFER_TO_HOST_2D:
        r.transfer_2d = (struct vgpu_transfer_2d){r.header, {0, 0, 1, 1}, 0, 1, 0};
        break;
    case VGPU_CMD_RESOURCE_ATTACH_BACKING:
        r.attach = (struct vgpu_attach_backing){r.header, 1, 1};
        break;
    case VGPU_CMD_GET_CAPSET:
        r.get_capset.id = VGPU_CAPSET_VIRGL2;
        break;
    case VGPU_CMD_RESOURCE_CREATE_BLOB:
        r.create_blob = (struct vgpu_create_blob){r.header, 1, VGPU_BLOB_MEM_GUEST, 0, 0, 0, 4096};
        break;
    case VGPU_CMD_RESOURCE_CREATE_3D:
        r.create_3d = (struct vgpu_create_3d){r.header, 1, 2, 1, 0, 1, 1, 1, 1, 0, 0, 0, 0};
        break;
    case VGPU_CMD_TRANSFER_TO_HOST_3D:
    case VGPU_CMD_TRANSFER_FROM_HOST_3D:
        r.transfer_3d = (struct vgpu_transfer_3d){r.header, {0, 0, 0, 1, 1, 1}, 0, 1, 0, 0, 0};
        break;
    default: /* a resource, where there is one */
        if (vgpu_rule(type)->bytes == sizeof(r.resource) || type == VGPU_CMD_RESOURCE_MAP_BLOB)
            r.resource.resource_id = type != VGPU_CMD_GET_EDID && type != VGPU_CMD_SUBMIT_3D;
    }
    return r;
}

static size_t tail(uint32_t type)
{
    return type == VGPU_CMD_RESOURCE_ATTACH_BACKING ? sizeof(struct vgpu_mem_entry) : 0;
}

static uint32_t check(union vgpu_request r, size_t bytes, unsigned queue, uint64_t features)
{
    const struct vgpu_rule *rule = NULL;

    return vgpu_check(&r, bytes, queue, features, &rule);
}

/* The least form passes; a byte less, the other queue, and a device without the feature do not
 * know it. */
static void test_every_command(void **state)
{
    size_t n = 0;

    (void)state;
    for (const struct vgpu_rule *rule; (rule = vgpu_rule_at(n)); n++) {
        const union vgpu_request r = good(rule->type);
        const size_t bytes = rule->bytes + tail(rule->type);

        assert_ptr_equal(vgpu_rule(rule->type), rule);
        assert_true(rule->bytes <= VGPU_COMMAND_BYTES);
        assert_int_equal(check(r, bytes, rule->queue, EVERYTHING), VGPU_OK_NODATA);
        assert_int_not_equal(check(r, bytes - 1, rule->queue, EVERYTHING), VGPU_OK_NODATA);
        assert_int_equal(check(r, rule->bytes - 1, rule->queue, EVERYTHING), VGPU_ERR_UNSPEC);
        assert_int_equal(check(r, bytes, !rule->queue, EVERYTHING), VGPU_ERR_UNSPEC);
        if (rule->feature)
            assert_int_equal(check(r, bytes, rule->queue, EVERYTHING & ~rule->feature),
                             VGPU_ERR_UNSPEC);
    }
    assert_int_equal(n, 14 + 10 + 2); /* 2D, 3D, cursor: §5.7.6.7 */
}

/* Every type of the specification has a rule, and no other number has one. */
static void test_every_type(void **state)
{
    (void)state;
    for (uint32_t type = 0; type < 0x1300; type++) {
        const bool known =
            (type >= VGPU_CMD_GET_DISPLAY_INFO && type <= VGPU_CMD_SET_SCANOUT_BLOB) ||
            (type >= VGPU_CMD_CTX_CREATE && type <= VGPU_CMD_RESOURCE_UNMAP_BLOB) ||
            (type >= VGPU_CMD_UPDATE_CURSOR && type <= VGPU_CMD_MOVE_CURSOR);

        assert_int_equal(vgpu_rule(type) != NULL, known);
    }
}

#define REFUSED(kind, why, change)                                                                 \
    do {                                                                                           \
        union vgpu_request r = good(VGPU_CMD_##kind);                                              \
        change;                                                                                    \
        assert_int_equal(check(r, vgpu_rule(VGPU_CMD_##kind)->bytes + tail(VGPU_CMD_##kind),       \
                               VGPU_QUEUE_CONTROL, EVERYTHING),                                    \
                         VGPU_ERR_##why);                                                          \
    } while (0)

static void test_contexts(void **state)
{
    (void)state;
    REFUSED(CTX_CREATE, INVALID_CONTEXT_ID, r.header.ctx_id = 0);
    REFUSED(CTX_CREATE, INVALID_PARAMETER, r.ctx_create.name_bytes = 65);
    REFUSED(CTX_CREATE, INVALID_PARAMETER, r.ctx_create.init = 4); /* Venus */
    REFUSED(CTX_CREATE, INVALID_PARAMETER, r.ctx_create.init = 0x100);
    REFUSED(CTX_DESTROY, INVALID_CONTEXT_ID, r.header.ctx_id = 0);
    REFUSED(CTX_ATTACH_RESOURCE, INVALID_CONTEXT_ID, r.header.ctx_id = 0);
    REFUSED(CTX_DETACH_RESOURCE, INVALID_RESOURCE_ID, r.resource.resource_id = 0);
    REFUSED(GET_CAPSET, INVALID_PARAMETER, r.get_capset.id = 4);
    REFUSED(GET_CAPSET, INVALID_PARAMETER, r.get_capset.id = 0);
    REFUSED(SUBMIT_3D, INVALID_CONTEXT_ID, r.header.ctx_id = 0);
    REFUSED(SUBMIT_3D, INVALID_PARAMETER, r.submit_3d.bytes = 4); /* nothing follows */
    REFUSED(SUBMIT_3D, INVALID_PARAMETER, r.submit_3d.bytes = 0xFFFFFFFC);
}

static void test_streams(void **state)
{
    union vgpu_request r = good(VGPU_CMD_SUBMIT_3D);

    (void)state;
    r.submit_3d.bytes = 8;
    assert_int_equal(check(r, 40, VGPU_QUEUE_CONTROL, EVERYTHING), VGPU_OK_NODATA);
    assert_int_equal(check(r, 39, VGPU_QUEUE_CONTROL, EVERYTHING), VGPU_ERR_INVALID_PARAMETER);
    r.submit_3d.bytes = 6;
    assert_int_equal(check(r, 40, VGPU_QUEUE_CONTROL, EVERYTHING), VGPU_ERR_INVALID_PARAMETER);
    r.submit_3d.bytes = VGPU_MAX_STREAM;
    assert_int_equal(check(r, 32 + VGPU_MAX_STREAM, VGPU_QUEUE_CONTROL, EVERYTHING),
                     VGPU_OK_NODATA);
    r.submit_3d.bytes = VGPU_MAX_STREAM + 4;
    assert_int_equal(check(r, 32 + VGPU_MAX_STREAM + 4, VGPU_QUEUE_CONTROL, EVERYTHING),
                     VGPU_ERR_INVALID_PARAMETER);
}

static void test_resources(void **state)
{
    (void)state;
    REFUSED(RESOURCE_CREATE_3D, INVALID_RESOURCE_ID, r.create_3d.resource_id = 0);
    REFUSED(RESOURCE_CREATE_3D, INVALID_PARAMETER, r.create_3d.target = VGPU_TARGETS);
    REFUSED(RESOURCE_CREATE_3D, INVALID_PARAMETER, r.create_3d.width = 0);
    REFUSED(RESOURCE_CREATE_3D, INVALID_PARAMETER, r.create_3d.height = VGPU_MAX_TEXTURE + 1);
    REFUSED(RESOURCE_CREATE_3D, INVALID_PARAMETER, r.create_3d.depth = 0);
    REFUSED(RESOURCE_CREATE_3D, INVALID_PARAMETER, r.create_3d.array_size = VGPU_MAX_LAYERS + 1);
    REFUSED(RESOURCE_CREATE_3D, INVALID_PARAMETER, r.create_3d.last_level = VGPU_MAX_LEVEL + 1);
    REFUSED(RESOURCE_CREATE_3D, INVALID_PARAMETER, r.create_3d.nr_samples = VGPU_MAX_SAMPLES + 1);
    REFUSED(RESOURCE_CREATE_3D, INVALID_PARAMETER, r.create_3d.flags = 2); /* stays mapped */
    REFUSED(RESOURCE_CREATE_3D, INVALID_PARAMETER, r.create_3d.target = 0; r.create_3d.height = 2);
    REFUSED(RESOURCE_CREATE_3D, INVALID_PARAMETER, r.create_3d.target = 0;
            r.create_3d.width = VGPU_MAX_BUFFER + 1);
    REFUSED(TRANSFER_TO_HOST_3D, INVALID_RESOURCE_ID, r.transfer_3d.resource_id = 0);
    REFUSED(TRANSFER_TO_HOST_3D, INVALID_CONTEXT_ID, r.header.ctx_id = 0);
    REFUSED(TRANSFER_TO_HOST_3D, INVALID_PARAMETER, r.transfer_3d.box.x = ~0u);
    REFUSED(TRANSFER_FROM_HOST_3D, INVALID_PARAMETER, r.transfer_3d.box.depth = 0);
    REFUSED(TRANSFER_FROM_HOST_3D, INVALID_PARAMETER, r.transfer_3d.level = VGPU_MAX_LEVEL + 1);
    REFUSED(RESOURCE_ASSIGN_UUID, INVALID_RESOURCE_ID, r.resource.resource_id = 0);
}

static void test_blobs(void **state)
{
    (void)state;
    REFUSED(RESOURCE_CREATE_BLOB, INVALID_RESOURCE_ID, r.create_blob.resource_id = 0);
    REFUSED(RESOURCE_CREATE_BLOB, INVALID_PARAMETER, r.create_blob.mem = 0);
    REFUSED(RESOURCE_CREATE_BLOB, INVALID_PARAMETER, r.create_blob.mem = 4);
    REFUSED(RESOURCE_CREATE_BLOB, INVALID_PARAMETER, r.create_blob.flags = 8);
    REFUSED(RESOURCE_CREATE_BLOB, INVALID_PARAMETER, r.create_blob.size = 0);
    REFUSED(RESOURCE_CREATE_BLOB, INVALID_PARAMETER, r.create_blob.size = 1ull << 32);
    REFUSED(RESOURCE_CREATE_BLOB, INVALID_PARAMETER, r.create_blob.nr_entries = 1);
    REFUSED(RESOURCE_CREATE_BLOB, INVALID_PARAMETER, r.create_blob.nr_entries = 0xFFFFFFFF);
    REFUSED(SET_SCANOUT_BLOB, INVALID_SCANOUT_ID, r.set_scanout_blob.scanout_id = 16);
    REFUSED(SET_SCANOUT_BLOB, INVALID_PARAMETER, r.set_scanout_blob.resource_id = 1);
    REFUSED(RESOURCE_MAP_BLOB, INVALID_RESOURCE_ID, r.map_blob.resource_id = 0);
    REFUSED(RESOURCE_UNMAP_BLOB, INVALID_RESOURCE_ID, r.resource.resource_id = 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_command), cmocka_unit_test(test_every_type),
        cmocka_unit_test(test_contexts),      cmocka_unit_test(test_streams),
        cmocka_unit_test(test_resources),     cmocka_unit_test(test_blobs),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
