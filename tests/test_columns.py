"""The hand-written gradients are those of PyTorch."""

import pytest
import torch
from torch.nn import functional as F

from sepedu.dense import convolve, largest, pool_frequency, take


def random(*shape: int) -> torch.Tensor:
    return torch.randn(*shape, dtype=torch.float64, requires_grad=True)


@pytest.mark.parametrize("slope", [1.0, 0.01])
def test_convolution(slope):
    columns, weight, bias = random(3, 7, 2), random(5, 2, 3), random(5)
    expected = F.conv1d(columns.transpose(1, 2), weight, bias, padding=1).transpose(1, 2)
    expected = F.leaky_relu(expected, slope)
    assert torch.allclose(convolve(columns, weight, bias, slope), expected, atol=1e-12)
    with torch.no_grad():
        assert torch.allclose(convolve(columns, weight, bias, slope), expected, atol=1e-12)
    assert torch.autograd.gradcheck(lambda *x: convolve(*x, slope), (columns, weight, bias))


def test_convolution_under_autocast():
    columns, weight, bias = torch.randn(3, 7, 2), torch.randn(5, 2, 3), torch.randn(5)
    weight.requires_grad_()
    with torch.autocast("cpu", torch.bfloat16):
        result = convolve(columns, weight, bias)
    assert result.dtype == torch.bfloat16
    result.float().sum().backward()
    gradient = weight.grad.clone()
    weight.grad = None
    convolve(columns, weight, bias).sum().backward()
    assert gradient.dtype == torch.float32
    assert torch.allclose(gradient, weight.grad, rtol=0.03, atol=0.1)


def test_slices_that_overlap():
    columns = random(10, 3, 2)
    assert torch.autograd.gradcheck(lambda x: take(x, 2, (0, 3), (1, 4), (2, 2)), (columns,))
    with torch.no_grad():
        _, second = take(columns, 2, (0, 3), (1, 4))
    assert torch.equal(second, columns[2:10])


def test_the_largest_of_three():
    three = [random(4, 3, 2) for _ in range(3)]
    assert torch.autograd.gradcheck(largest, three)
    same = torch.ones(2, 3, requires_grad=True)
    gradients = torch.autograd.grad(largest(same, same + 0, same + 0).sum(), same)
    assert torch.equal(gradients[0], torch.ones(2, 3))


@pytest.mark.parametrize("kind", [torch.float32, torch.bfloat16])
def test_pooling_over_frequency(kind):
    columns = torch.randn(4, 9, 2).to(kind)
    expected = columns.unflatten(1, (3, 3)).amax(2)
    assert torch.equal(pool_frequency(columns.clone().requires_grad_()), expected)
    with torch.no_grad():
        assert torch.equal(pool_frequency(columns), expected)
