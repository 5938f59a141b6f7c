/* SPDX-License-Identifier: BSD-3-Clause */
/* Screens of the VM that go, come and change, on a card that this test plays; and what the kernel
 * says of its devices. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>
#include <xf86drm.h>
#include <xf86drmMode.h>

#include "kms.h"

#define CONNECTOR 30u /* the first's number; its controller's */
#define CRTC      40u

static struct card {
    int width[KMS_SCREENS], height[KMS_SCREENS]; /* of the monitor, 0: unplugged */
    uint32_t lit[KMS_SCREENS];                   /* frame buffer that is shown, 0: off */
    unsigned buffers, frame_buffers;             /* that exist */
    uint32_t last;
    bool refusing; /* no mode can be set */
} card;

static struct kms k;
static int says; /* the kernel's end */

int drmIoctl(int fd, unsigned long request, void *arg)
{
    struct drm_mode_create_dumb *create = arg;

    (void)fd;
    switch (request) {
    case DRM_IOCTL_MODE_CREATE_DUMB:
        create->pitch = create->width * 4;
        create->size = (uint64_t)create->pitch * create->height;
        create->handle = ++card.last;
        card.buffers++;
        return 0;
    case DRM_IOCTL_MODE_MAP_DUMB:
        return 0; /* all of them lie at the file's beginning */
    case DRM_IOCTL_MODE_DESTROY_DUMB:
        card.buffers--;
        return 0;
    default:
        errno = EINVAL;
        return -1;
    }
}

int drmModeAddFB(int fd, uint32_t width, uint32_t height, uint8_t depth, uint8_t bpp,
                 uint32_t pitch, uint32_t handle, uint32_t *id)
{
    (void)fd, (void)width, (void)height, (void)depth, (void)bpp, (void)pitch, (void)handle;
    *id = ++card.last;
    card.frame_buffers++;
    return 0;
}

int drmModeRmFB(int fd, uint32_t id)
{
    (void)fd;
    for (unsigned i = 0; i < KMS_SCREENS; i++)
        if (card.lit[i] == id)
            card.lit[i] = 0; /* as the kernel does */
    card.frame_buffers--;
    return 0;
}

int drmModeSetCrtc(int fd, uint32_t crtc, uint32_t fb, uint32_t x, uint32_t y, uint32_t *connectors,
                   int count, drmModeModeInfoPtr mode)
{
    const unsigned i = crtc - CRTC;

    (void)fd;
    assert_true(i < KMS_SCREENS && x == 0 && y == 0);
    if (fb == 0) {
        assert_true(count == 0 && !mode);
        card.lit[i] = 0;
        return 0;
    }
    if (card.refusing) {
        errno = EINVAL;
        return -1;
    }
    assert_true(count == 1 && connectors[0] == CONNECTOR + i);
    assert_int_equal(mode->hdisplay, card.width[i]);
    card.lit[i] = fb;
    return 0;
}

drmModeConnectorPtr drmModeGetConnector(int fd, uint32_t connector)
{
    const unsigned i = connector - CONNECTOR;
    drmModeConnector *c = calloc(1, sizeof(*c));

    (void)fd;
    assert_true(i < KMS_SCREENS);
    c->connector_id = connector;
    c->connection = card.width[i] ? DRM_MODE_CONNECTED : DRM_MODE_DISCONNECTED;
    c->count_modes = card.width[i] ? 2 : 0;
    c->modes = calloc(2, sizeof(*c->modes));
    c->modes[0].hdisplay = (uint16_t)card.width[i]; /* the preferred one is the first */
    c->modes[0].vdisplay = (uint16_t)card.height[i];
    c->modes[1].hdisplay = 640;
    c->modes[1].vdisplay = 480;
    return c;
}

void drmModeFreeConnector(drmModeConnectorPtr c)
{
    free(c->modes);
    free(c);
}

drmModeResPtr drmModeGetResources(int fd)
{
    (void)fd;
    return NULL;
}

void drmModeFreeResources(drmModeResPtr r)
{
    (void)r;
}

int drmModeDirtyFB(int fd, uint32_t fb, drmModeClipPtr clips, uint32_t count)
{
    (void)fd, (void)fb, (void)clips, (void)count;
    return 0;
}

static int start(void **state)
{
    int pair[2];

    (void)state;
    card = (struct card){.width = {1280, 320}, .height = {720, 320}};
    k = (struct kms){.fd = memfd_create("card", MFD_CLOEXEC)};
    assert_int_equal(ftruncate(k.fd, 16 << 20), 0);
    assert_int_equal(socketpair(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, pair), 0);
    k.events = pair[0];
    says = pair[1];
    for (uint32_t i = 0; i < KMS_SCREENS; i++)
        k.screen[i] = (struct kms_screen){.connector = CONNECTOR + i, .crtc = CRTC + i};
    assert_int_equal(kms_update(&k), 3);
    assert_true(card.lit[0] && card.lit[1]);
    return 0;
}

static int stop(void **state)
{
    (void)state;
    kms_close(&k);
    close(says);
    assert_int_equal(card.buffers, 0);
    assert_int_equal(card.frame_buffers, 0);
    return 0;
}

static void test_a_screen_goes_and_comes(void **state)
{
    const uint32_t other = card.lit[1];

    (void)state;
    assert_int_equal(kms_update(&k), 0); /* as it was */
    card.width[0] = 0;
    assert_int_equal(kms_update(&k), 1);
    assert_null(k.screen[0].surface);
    assert_int_equal(card.lit[0], 0);
    assert_int_equal(card.lit[1], other);
    assert_int_equal(card.buffers, 1);
    assert_int_equal(kms_update(&k), 0);
    card.width[0] = 1280;
    assert_int_equal(kms_update(&k), 1);
    assert_int_equal(k.screen[0].width, 1280);
    assert_int_equal(card.lit[0], k.screen[0].fb);
    assert_int_equal(cairo_image_surface_get_width(k.screen[0].surface), 1280);
    assert_int_equal(card.lit[1], other);
}

static void test_another_monitor(void **state)
{
    (void)state;
    card.width[0] = 1024;
    card.height[0] = 600;
    assert_int_equal(kms_update(&k), 1);
    assert_int_equal(k.screen[0].width, 1024);
    assert_int_equal(k.screen[0].height, 600);
    assert_int_equal(cairo_image_surface_get_height(k.screen[0].surface), 600);
    assert_int_equal(card.lit[0], k.screen[0].fb);
    assert_int_equal(card.buffers, 2);
}

/* It stays dark, and the next message about it is another chance. */
static void test_a_mode_that_cannot_be_set(void **state)
{
    (void)state;
    card.refusing = true;
    card.width[0] = 1024;
    assert_int_equal(kms_update(&k), 1); /* it was lit */
    assert_null(k.screen[0].surface);
    assert_int_equal(kms_update(&k), 0);
    card.refusing = false;
    assert_int_equal(kms_update(&k), 1);
    assert_non_null(k.screen[0].surface);
}

#define SAY(message) assert_int_equal(send(says, message, sizeof(message), 0), sizeof(message))

static void test_what_the_kernel_says(void **state)
{
    static const char much[8000] = "add@/devices/x";

    (void)state;
    assert_false(kms_changed(&k));
    SAY("change@/devices/pci0000:00/card0\0ACTION=change\0SUBSYSTEM=drm\0HOTPLUG=1\0DEVNAME=dri/"
        "card0");
    assert_true(kms_changed(&k));
    assert_false(kms_changed(&k)); /* it was read */
    SAY("change@/devices/x\0SUBSYSTEM=drm\0LEASE=1");
    SAY("add@/devices/usb\0SUBSYSTEM=usb\0HOTPLUG=1");
    SAY("change@/devices/x\0SUBSYSTEM=drm2\0HOTPLUG=1");
    SAY("change@/devices/x\0XSUBSYSTEM=drm\0HOTPLUG=11");
    SAY(much);
    assert_int_equal(send(says, "", 0, 0), 0);
    /* No string ends in this one, and what it begins with is not all of it. */
    assert_int_equal(send(says, "SUBSYSTEM=dr", 12, 0), 12);
    assert_int_equal(send(says, "SUBSYSTEM=drm\0HOTPLUG=", 22, 0), 22);
    assert_false(kms_changed(&k));
    SAY("add@/devices/usb\0SUBSYSTEM=usb");
    SAY("change@/devices/x\0SUBSYSTEM=drm\0HOTPLUG=1");
    SAY("add@/devices/usb\0SUBSYSTEM=usb");
    assert_true(kms_changed(&k)); /* among others */
    assert_false(kms_changed(&k));
}

int main(void)
{
#define CASE(f) cmocka_unit_test_setup_teardown(f, start, stop)
    const struct CMUnitTest tests[] = {
        CASE(test_a_screen_goes_and_comes),
        CASE(test_another_monitor),
        CASE(test_a_mode_that_cannot_be_set),
        CASE(test_what_the_kernel_says),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
