/* SPDX-License-Identifier: BSD-3-Clause */
/* Owns the table of formats. Several planes, three-dimensional blocks and video have no place in
 * it: a resource of such a format is refused. */
#include "format.h"

#include <stddef.h>

struct row { /* formats first..last; with a step, one element more each, four and again */
    uint16_t first, last;
    struct virgl_block block;
    uint8_t step;
};

#define SAME(first, last, bytes) {first, last, {1, 1, bytes}, 0}
#define FOUR(first, last, bytes) {first, last, {1, 1, bytes}, bytes} /* R, RG, RGB, RGBA */
#define BLOCK(n, w, h, bytes)    {n, n, {w, h, bytes}, 0}
#define QUAD(first, last, bytes) {first, last, {4, 4, bytes}, 0}

static const struct row rows[] = {
    SAME(1, 4, 4),
    SAME(5, 7, 2),
    SAME(8, 8, 4),
    SAME(9, 11, 1),
    SAME(12, 13, 2),
    /* depth and stencil */
    SAME(16, 16, 2),
    SAME(17, 22, 4),
    SAME(23, 23, 1),
    /* vectors of doubles, words, halves, bytes */
    FOUR(24, 27, 8),
    FOUR(28, 47, 4),
    FOUR(48, 63, 2),
    FOUR(64, 67, 1),
    SAME(68, 68, 4),
    FOUR(69, 72, 1),
    FOUR(74, 77, 1),
    FOUR(82, 85, 1),
    FOUR(87, 90, 4),
    FOUR(91, 94, 2),
    SAME(95, 95, 1),
    SAME(96, 96, 2),
    SAME(97, 97, 3),
    SAME(98, 104, 4),
    /* S3TC, RGTC */
    QUAD(105, 106, 8),
    QUAD(107, 108, 16),
    QUAD(109, 110, 8),
    QUAD(111, 112, 16),
    QUAD(113, 114, 8),
    QUAD(115, 116, 16),
    /* two texels that share a colour */
    BLOCK(117, 2, 1, 4),
    BLOCK(118, 2, 1, 4),
    SAME(119, 119, 4),
    SAME(120, 120, 2),
    SAME(121, 121, 4),
    SAME(122, 122, 2),
    SAME(123, 125, 4),
    SAME(126, 126, 8),
    SAME(128, 129, 4),
    SAME(130, 130, 1),
    SAME(131, 132, 4),
    SAME(133, 133, 2),
    SAME(134, 134, 4),
    SAME(135, 135, 2),
    SAME(136, 137, 4),
    SAME(138, 138, 8),
    SAME(139, 139, 1),
    SAME(140, 140, 4),
    SAME(141, 142, 2),
    /* LATC, then luminance and alpha */
    QUAD(143, 144, 8),
    QUAD(145, 146, 16),
    SAME(147, 148, 1),
    SAME(149, 149, 2),
    SAME(150, 150, 1),
    SAME(151, 152, 2),
    SAME(153, 153, 4),
    SAME(154, 156, 2),
    SAME(157, 157, 4),
    SAME(158, 158, 2),
    SAME(159, 160, 4),
    SAME(161, 161, 8),
    SAME(162, 162, 4),
    SAME(168, 169, 1),
    SAME(170, 171, 2),
    SAME(172, 176, 4),
    /* integers */
    FOUR(177, 184, 1),
    FOUR(185, 192, 2),
    FOUR(193, 200, 4),
    SAME(201, 203, 1),
    SAME(204, 204, 2),
    SAME(205, 207, 1),
    SAME(208, 208, 2),
    SAME(209, 211, 2),
    SAME(212, 212, 4),
    SAME(213, 215, 2),
    SAME(216, 216, 4),
    SAME(217, 219, 4),
    SAME(220, 220, 8),
    SAME(221, 223, 4),
    SAME(224, 224, 8),
    SAME(225, 225, 4),
    QUAD(226, 226, 8),
    BLOCK(227, 2, 1, 4),
    BLOCK(228, 2, 1, 4),
    SAME(229, 233, 4),
    SAME(234, 238, 8),
    SAME(239, 241, 16),
    SAME(242, 242, 2),
    SAME(243, 245, 4),
    SAME(246, 246, 8),
    SAME(247, 248, 2),
    SAME(249, 250, 4),
    SAME(251, 252, 8),
    SAME(253, 253, 4),
    SAME(254, 254, 2),
    /* BPTC, ETC2, ASTC and its sRGB twins */
    QUAD(255, 258, 16),
    SAME(263, 264, 2),
    SAME(265, 268, 4),
    QUAD(269, 272, 8),
    QUAD(273, 274, 16),
    QUAD(275, 276, 8),
    QUAD(277, 278, 16),
    BLOCK(279, 4, 4, 16),
    BLOCK(280, 5, 4, 16),
    BLOCK(281, 5, 5, 16),
    BLOCK(282, 6, 5, 16),
    BLOCK(283, 6, 6, 16),
    BLOCK(284, 8, 5, 16),
    BLOCK(285, 8, 6, 16),
    BLOCK(286, 8, 8, 16),
    BLOCK(287, 10, 5, 16),
    BLOCK(288, 10, 6, 16),
    BLOCK(289, 10, 8, 16),
    BLOCK(290, 10, 10, 16),
    BLOCK(291, 12, 10, 16),
    BLOCK(292, 12, 12, 16),
    BLOCK(293, 4, 4, 16),
    BLOCK(294, 5, 4, 16),
    BLOCK(295, 5, 5, 16),
    BLOCK(296, 6, 5, 16),
    BLOCK(297, 6, 6, 16),
    BLOCK(298, 8, 5, 16),
    BLOCK(299, 8, 6, 16),
    BLOCK(300, 8, 8, 16),
    BLOCK(301, 10, 5, 16),
    BLOCK(302, 10, 6, 16),
    BLOCK(303, 10, 8, 16),
    BLOCK(304, 10, 10, 16),
    BLOCK(305, 12, 10, 16),
    BLOCK(306, 12, 12, 16),
    /* packed ones, late comers */
    SAME(308, 308, 4),
    SAME(311, 311, 2),
    SAME(312, 312, 1),
    SAME(313, 313, 2),
    SAME(317, 317, 3),
    SAME(318, 318, 1),
    SAME(319, 321, 2),
    SAME(326, 326, 1),
    SAME(329, 329, 4),
    SAME(330, 333, 2),
    SAME(334, 337, 4),
    SAME(338, 340, 2),
    SAME(341, 347, 4),
    SAME(372, 374, 4),
    SAME(375, 375, 1),
    SAME(376, 378, 2),
    SAME(379, 383, 4),
    SAME(385, 390, 3),
    SAME(391, 393, 4),
    SAME(397, 397, 4),
    SAME(401, 401, 2),
    SAME(403, 404, 4),
    SAME(405, 405, 1),
    SAME(406, 411, 2),
    SAME(412, 413, 32),
    SAME(414, 415, 24),
    SAME(416, 417, 16),
    SAME(418, 419, 8),
    SAME(427, 428, 2),
    SAME(430, 432, 4),
};

bool virgl_block_of(uint32_t format, struct virgl_block *block)
{
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        if (format < rows[i].first || format > rows[i].last)
            continue;
        *block = rows[i].block;
        block->bytes = (uint8_t)(block->bytes + (format - rows[i].first) % 4 * rows[i].step);
        return true;
    }
    return false;
}
