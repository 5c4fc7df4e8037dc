-- Names are compared in one kind of every dash, quote and letter (NFKC), and a mark between two digits counts: "M 3-1" is not M 31,
-- and "2MASS J1112-76" is one name with whatever dash. This is `name_key` of src/domain/target.rs.
-- A name whose new key is another one's of the same realm keeps its old one: nobody loses a name by this.
with plain as (
    select id, realm, name_key,
           lower(normalize(translate(name,
               U&'\2010\2011\2012\2013\2014\2015\2043\2212\FE58\FE63\FF0D\2018\2019\201A\201B\2032\00B4\02B9\02BC',
               '-----------' || repeat('''', 8)), NFKC)) as name
    from target_name
),
parted as (
    select id, realm, name_key, regexp_replace(name, '(?<=[0-9])[[:space:]_()-]+(?=[0-9])', U&'\0001', 'g') as name from plain
),
keyed as (
    select id, realm, name_key,
           replace(regexp_replace(name, '[[:space:]_()-]+', '', 'g'), U&'\0001', '-') as new_key
    from parted
),
-- Of several names that come to one key the first has it.
chosen as (
    select distinct on (realm, new_key) id, realm, new_key from keyed where new_key <> name_key order by realm, new_key, id
)
update target_name n
set name_key = c.new_key
from chosen c
where n.id = c.id and not exists (select from target_name o where o.realm = c.realm and o.name_key = c.new_key);
