# SPDX-License-Identifier: Apache-2.0
"""Networks in the style of people who do not write torchvision: for torch_counts.py.

`unusual()` gives {name: function that makes (module, example inputs, input names)}, as
torch_networks.networks() does.
"""
import torch
import torchvision
from torch import nn
from torch.nn import functional as F


class EinsumAttention(nn.Module):
    """Attention whose heads are never split: three-index weights, einsum from end to end."""

    def __init__(self, width=48, heads=6):
        super().__init__()
        depth = width // heads
        self.qkv = nn.Parameter(torch.randn(3, width, heads, depth))
        self.out = nn.Parameter(torch.randn(heads, depth, width))

    def forward(self, x):
        q, k, v = (torch.einsum("btw,whd->bhtd", x, w) for w in self.qkv.unbind(0))
        scores = torch.einsum("bhqd,bhkd->bhqk", q, k) / q.shape[-1] ** 0.5
        scores = scores.masked_fill(torch.ones(x.shape[1], x.shape[1]).triu(1).bool(), -1e9)
        return torch.einsum("bhqk,bhkd,hdw->bqw", scores.softmax(-1), v, self.out)


class Windows(nn.Module):
    """Transposed and grouped windows, pools to odd sizes, padding of every kind."""

    def __init__(self):
        super().__init__()
        self.same = nn.Conv2d(6, 12, (3, 4), padding=(2, 1), dilation=(2, 1), groups=3)
        self.ring = nn.Conv2d(12, 12, 3, padding=1, padding_mode="circular", groups=12, bias=False)
        self.up = nn.ConvTranspose2d(12, 8, (4, 3), (2, 3), (1, 0), (0, 2), groups=4, dilation=(1, 2))
        self.up1 = nn.ConvTranspose1d(8, 6, 5, 3, 1, 2, groups=2)
        self.lp, self.norm = nn.LPPool2d(2, 3, 2), nn.BatchNorm1d(8, affine=False)

    def forward(self, x):
        y = self.up(self.ring(self.same(x)))
        a = F.adaptive_avg_pool2d(y[:, :, :30, :45], (3, 5))
        b = F.adaptive_max_pool2d(y[:, :, :28, :42], (7, 3))
        c = F.max_pool2d(y, 3, 2, 1, ceil_mode=True)
        d = self.up1(self.norm(y.flatten(2)[:, :, :50]))
        return a, b, c, F.avg_pool1d(d, 7, 3, 3, True, False), self.lp(y)


class Images(nn.Module):
    """What decoders of images do: shuffles, resizing in every mode, unfolding, sampling."""

    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(4, 36, 3, padding=1)
        self.head = nn.Conv2d(4, 2, 1)
        self.prelu, self.scale = nn.PReLU(), nn.Parameter(torch.ones(4, 1, 1))

    def forward(self, x):
        y = F.pixel_shuffle(self.conv(x), 3)
        y = self.prelu(F.pixel_unshuffle(y, 3)[:, ::9]) * self.scale
        sizes = [F.interpolate(y, size=(17, 9), mode="bilinear", align_corners=True),
                 F.interpolate(y, size=(17, 9), mode="bicubic", align_corners=False),
                 F.interpolate(y, size=(17, 9), mode="nearest")]
        z = self.head(torch.cat([s.roll(1, 3) for s in sizes], 2).flip(3))
        cells = F.unfold(y, 3, padding=1, stride=2)
        return z, cells, F.glu(y, 1), F.softshrink(y), F.logsigmoid(y), y.std(1)


class Sampled(nn.Module):
    def __init__(self):
        super().__init__()
        self.where = nn.Sequential(nn.Conv2d(3, 8, 5, 4), nn.ReLU(), nn.Flatten(),
                                   nn.LazyLinear(6))

    def forward(self, x):
        theta = self.where(x).view(-1, 2, 3)
        line = torch.linspace(-1, 1, x.shape[2])
        ys, xs = torch.meshgrid(line, line, indexing="ij")
        grid = torch.stack([xs, ys, torch.ones_like(xs)], -1).view(1, -1, 3) @ theta.transpose(1, 2)
        return F.grid_sample(x, grid.view(x.shape[0], x.shape[2], x.shape[3], 2), align_corners=False)


class Regions(nn.Module):
    """A two-stage head: the best boxes, aligned regions, scattered back."""

    def __init__(self):
        super().__init__()
        self.body = nn.Conv2d(3, 16, 3, 4, 1)
        self.score = nn.Conv2d(16, 1, 1)
        self.head = nn.Sequential(nn.Flatten(), nn.Linear(16 * 49, 20), nn.ReLU(), nn.Linear(20, 5))

    def forward(self, x):
        y = self.body(x)
        best, index = self.score(y).flatten().topk(8)
        corner = torch.stack([index % y.shape[3], index // y.shape[3]], 1).to(y.dtype)
        boxes = torch.cat([torch.zeros(8, 1), corner, corner + 5], 1)
        regions = torchvision.ops.roi_align(y, boxes, (7, 7), 1.0, 2, True)
        out = self.head(regions) * best[:, None]
        return torch.zeros(y.shape[2] * y.shape[3], 5).scatter(0, index[:, None].expand(-1, 5), out)


class Found(nn.Module):
    """What comes out depends on the data from the middle on."""

    def __init__(self):
        super().__init__()
        self.conv, self.fc = nn.Conv2d(3, 4, 3), nn.Linear(2, 3)

    def forward(self, x):
        found = torch.nonzero(self.conv(x)[0, 0] > 0)
        return self.fc(found.to(x.dtype))


class Translator(nn.Module):
    """nn.Transformer as it comes, with masks, and embeddings that the head shares."""

    def __init__(self, rows=50, width=32):
        super().__init__()
        self.word = nn.Embedding(rows, width)
        self.net = nn.Transformer(width, 4, 2, 2, 64, batch_first=True, norm_first=True)

    def forward(self, source, target):
        mask = torch.full((target.shape[1], target.shape[1]), float("-inf")).triu(1)
        y = self.net(self.word(source), self.word(target), tgt_mask=mask)
        return y @ self.word.weight.T


class Recurrents(nn.Module):
    """Layers of recurrent cells with a state that is passed on, one written out by hand."""

    def __init__(self):
        super().__init__()
        self.lstm = nn.LSTM(12, 16, 3, bidirectional=True)
        self.gru = nn.GRU(32, 8, 2, bias=False, batch_first=False)
        self.cell = nn.LSTMCell(8, 8)
        self.rnn = nn.RNN(8, 6, nonlinearity="relu", bidirectional=True)

    def forward(self, x):
        y, (h, c) = self.lstm(x)
        y, g = self.gru(y, h[:2, :, :8].contiguous())
        state = (g[0], g[1])
        steps = []
        for step in y.unbind(0):
            state = self.cell(step, state)
            steps.append(state[0])
        return self.rnn(torch.stack(steps))[0], c


class Statistics(nn.Module):
    """Attention of images that is no transformer's: channels, covariance, distance, products."""

    def __init__(self):
        super().__init__()
        self.stem = nn.utils.weight_norm(nn.Conv2d(3, 16, 3, 2, 1))
        self.gate = nn.Conv1d(1, 1, 5, padding=2, bias=False)
        self.pair = nn.Parameter(torch.randn(7, 16, 16))
        self.rows, self.layer = nn.Linear(16, 16, bias=False), nn.LayerNorm([16, 8, 8])

    def forward(self, x):
        y = self.layer(self.stem(x))
        gate = self.gate(y.mean((2, 3)).unsqueeze(1)).transpose(1, 2).unsqueeze(3).sigmoid()
        flat = (y * gate).flatten(2)
        covariance = flat @ flat.transpose(1, 2) / flat.shape[2]
        pooled = flat.amax(2)
        near = torch.cdist(self.rows(flat.transpose(1, 2)), pooled.unsqueeze(1))
        return covariance, torch.einsum("bi,oij,bj->bo", pooled, self.pair, flat.mean(2)), near, flat.cumsum(2), flat.argmin(1)


@torch.jit.script
def repeated(x, weight, count: int):
    for i in range(count):
        x = torch.relu(x @ weight) if i % 2 == 0 else torch.tanh(x @ weight)
    return x


@torch.jit.script
def by_size(x, small, large):
    if x.shape[1] > 8:
        return x @ large
    else:
        return x @ small


class Scripted(nn.Module):
    """Loops and branches whose course the sizes decide."""

    def __init__(self):
        super().__init__()
        self.square, self.large = nn.Parameter(torch.randn(16, 16)), nn.Parameter(torch.randn(16, 4))
        self.register_buffer("small", torch.randn(16, 400))

    def forward(self, x):
        return by_size(repeated(x, self.square, 5), self.small, self.large)


@torch.jit.script
def by_value(x, weight):
    if bool(x.sum() > 0):
        return x @ weight
    else:
        return x @ weight.t()


class Undecided(nn.Module):
    def __init__(self):
        super().__init__()
        self.first, self.weight = nn.Linear(16, 16), nn.Parameter(torch.randn(16, 16))

    def forward(self, x):
        return by_value(self.first(x), self.weight)


def unusual():
    def image(channels, size, height=None):
        return lambda: [torch.randn(1, channels, height or size, size)]

    def ids(*lengths):
        return lambda: [torch.ones(1, n, dtype=torch.long) for n in lengths]

    def made(make, inputs, *names):
        def both():
            module, data = make().eval(), inputs()
            with torch.no_grad():
                module(*data)  # lazy layers learn their sizes
            return module, data, list(names or ["input"])
        return both

    rows = lambda *shape: lambda: [torch.randn(*shape)]
    return {
        "einsum_attention": made(EinsumAttention, rows(1, 20, 48)),
        "windows": made(Windows, image(6, 15, 17)), "images": made(Images, image(4, 12)),
        "sampled": made(Sampled, image(3, 32)), "regions": made(Regions, image(3, 64)),
        "found": made(Found, image(3, 12)), "translator": made(Translator, ids(9, 7), "source", "target"),
        "recurrents": made(Recurrents, rows(6, 1, 12)), "statistics": made(Statistics, image(3, 16)),
        "scripted": made(Scripted, rows(1, 16)), "undecided": made(Undecided, rows(1, 16)),
        "multihead": made(lambda: Itself(nn.MultiheadAttention(24, 3, batch_first=True)), rows(1, 10, 24)),
    }


class Itself(nn.Module):
    """Self-attention of a module that takes queries, keys and values."""

    def __init__(self, inner):
        super().__init__()
        self.inner = inner

    def forward(self, x):
        return self.inner(x, x, x, need_weights=False)[0]
