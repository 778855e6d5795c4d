"""The allow-list at its edges: ports, names, proxies, and IPv4 addresses inside IPv6 ones."""

import socket

import pytest

from vtlib.media.download import url_allowlist
from vtlib.media.download.url_allowlist import AddressRefused, UrlAllowlist

PUBLIC, PRIVATE = "93.184.216.34", "10.0.0.1"
PAGE = "https://www.instagram.com/x"


def allowlist(*addresses: str) -> UrlAllowlist:
    return UrlAllowlist(frozenset({"127.0.0.1:8123"}), lambda _host: list(addresses))


@pytest.fixture
def proxies(monkeypatch: pytest.MonkeyPatch):
    """Set the proxies of this process: scheme to address, and the hosts that none is used for."""

    def use(*schemes: str, without: str = "") -> None:
        for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
            monkeypatch.delenv(name, raising=False)
            monkeypatch.delenv(name.upper(), raising=False)
        for scheme in schemes:
            monkeypatch.setenv(f"{scheme}_proxy", "http://proxy.example:3128")
        if without:
            monkeypatch.setenv("no_proxy", without)

    return use


@pytest.mark.parametrize("port", [80, 443])
def test_the_ports_of_the_web(port: int) -> None:
    for other in (port - 1, port + 1, 8080, 8443):
        assert not allowlist(PUBLIC).knows(f"https://www.instagram.com:{other}/x")
    assert allowlist(PUBLIC).check_name(f"http://www.instagram.com:{port}/x") == (
        "http",
        "www.instagram.com",
    )


@pytest.mark.parametrize("user", ["me", ":secret", "me:secret"])
def test_an_address_with_a_user_or_a_password_is_refused(user: str) -> None:
    with pytest.raises(AddressRefused, match="user name"):
        allowlist(PUBLIC).check_name(f"https://{user}@www.instagram.com/x")


@pytest.mark.parametrize("url", ["https:///x", "https://:443/x", "ws://www.instagram.com/x"])
def test_an_address_without_a_host_or_of_another_scheme_is_refused(url: str) -> None:
    with pytest.raises(AddressRefused, match="only http and https"):
        allowlist(PUBLIC).check_name(url)


def test_a_name_is_compared_in_lower_case_without_its_last_dot() -> None:
    assert allowlist().check_name("HTTPS://WWW.Instagram.com./x") == ("https", "www.instagram.com")
    assert allowlist().check_name("http://127.0.0.1:8123/x") == ("http", "")


def test_base_urls_of_this_machine_with_the_port_of_their_scheme() -> None:
    urls = ["https://127.0.0.1/a", "http://localhost", "http://[::1]:9", "", None]
    elsewhere = ["https://api.apify.com", "http://10.0.0.1:9", "http://0.0.0.0:9", "localhost:9"]
    allowed = UrlAllowlist.of([*urls, *elsewhere])
    assert allowed.loopback == {
        "127.0.0.1:443",
        "localhost:80",
        "::1:9",
    }


def test_what_is_local() -> None:
    assert allowlist().is_local("http://127.0.0.1:8123/x")
    assert not allowlist().is_local("http://127.0.0.1:8124/x")
    assert not allowlist().is_local(PAGE)
    assert not allowlist().is_local("http://127.0.0.1:port/x")


@pytest.mark.parametrize("addresses", [[], [PRIVATE], [PUBLIC, PRIVATE], [PRIVATE, PUBLIC]])
def test_every_address_of_a_name_has_to_be_public(addresses: list[str], proxies) -> None:
    proxies()
    for ask in (lambda g: g.check(PAGE), lambda g: g.addresses("www.instagram.com", 443)):
        with pytest.raises(AddressRefused, match="not public"):
            ask(allowlist(*addresses))


@pytest.mark.parametrize("own", [[], [PUBLIC], ["127.0.0.1", PUBLIC], ["nonsense"]])
def test_every_address_of_an_own_name_has_to_be_of_this_machine(own, monkeypatch) -> None:
    monkeypatch.setattr(url_allowlist, "_resolve", lambda _host: own)
    with pytest.raises(AddressRefused, match="leads elsewhere"):
        allowlist(PUBLIC).addresses("127.0.0.1", 8123)
    assert allowlist(PUBLIC).addresses("127.0.0.1", 8124) == [PUBLIC]  # another port is not our own


def test_a_proxy_resolves_names_itself(proxies) -> None:
    home = allowlist(PRIVATE)  # refused as soon as it is looked up
    proxies("https")
    home.check(PAGE)
    with pytest.raises(AddressRefused):
        home.check(PAGE.replace("https", "http"))
    proxies("https", without="instagram.com")
    with pytest.raises(AddressRefused):
        home.check(PAGE)
    proxies()
    with pytest.raises(AddressRefused):
        home.check(PAGE)
    home.check("http://127.0.0.1:8123/x")  # our own is not looked up here


def test_addresses_are_the_first_of_what_the_system_says_of_each(monkeypatch) -> None:
    kind = (socket.AF_INET, socket.SOCK_STREAM, 6, "name")
    kind6 = (socket.AF_INET6, socket.SOCK_STREAM, 6, "name")
    said = [(*kind, (PUBLIC, 443)), (*kind6, ("2a00:1450::1", 443, 0, 0))]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: said)
    assert UrlAllowlist().addresses("www.instagram.com", 443) == [PUBLIC, "2a00:1450::1"]


@pytest.mark.parametrize(
    ("address", "is_public"),
    [
        ("2a00:1450::1%eth0", True),
        ("2001:db8::1", False),  # for documentation
        ("ff0e::1", False),  # a group of hosts, worldwide
        ("2a00:1450::5efe:8.8.8.8", True),  # ISATAP
        ("2a00:1450::200:5efe:8.8.8.8", True),
        ("2a00:1450::5efe:10.0.0.1", False),
        ("2a00:1450::200:5efe:10.0.0.1", False),
        # Next to ISATAP's marks the last bits are no IPv4 address.
        *((f"2a00:1450::{mark}:10.0.0.1", True) for mark in ("5eff", "5efd", "100:5efe", "ffff")),
        ("2a00:1450:0:0:5efe::10.0.0.1", True),
        ("2a00:1450::10.0.0.1", True),
        ("64:ff9b::8.8.8.8", True),
        ("64:ff9b::10.0.0.1", False),
        ("64:ff9b::1:8.8.8.8", False),  # one bit off the prefix
    ],
)
def test_an_ipv6_address_is_as_public_as_what_is_in_it(address: str, *, is_public: bool) -> None:
    try:
        found = allowlist(address).addresses("x.com", 443) == [address]
    except AddressRefused:
        found = False
    assert found == is_public
