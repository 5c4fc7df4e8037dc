-- What alerts of every survey say besides: fluxes with their unit, scores, first detection, last limit; and what classifiers and
-- brokers say of them. Rows of before have none of it.

alter table alert
    -- Of the difference image, PSF, with its sign.
    add column flux double precision,
    add column flux_err double precision,
    -- Of the science image: the total.
    add column science_flux double precision,
    add column science_flux_err double precision,
    add column template_flux double precision,
    add column template_flux_err double precision,
    -- Of the difference image, in an aperture.
    add column aperture_flux double precision,
    add column aperture_flux_err double precision,
    -- Of all these fluxes.
    add column flux_unit text
        constraint alert_flux_unit_known check (flux_unit in ('nJy', 'zp 27.5', 'DN')),
    -- With the sign of its flux.
    add column snr double precision,
    add column reliability double precision,
    -- Julian dates, UTC.
    add column first_detection_jd double precision,
    add column last_limit_jd double precision,
    add column last_limit_mag double precision,
    add column gal_b double precision,
    -- Of the body of the solar system that it is.
    add column designation text,
    -- Detections in its packet by band, {"g": 3, "r": 1}.
    add column detections jsonb,
    -- Redshift of the galaxy that the survey takes for its host: by spectroscopy, else by photometry.
    add column host_z double precision;

-- What classifiers say of an alert, in whichever stream that came.
create table classification (
    id bigint generated always as identity primary key,
    alert_id bigint not null references alert on delete cascade,
    classifier text not null,
    -- Empty where the packet does not say.
    version text not null,
    class text not null,
    class_id bigint,
    probability double precision
        constraint classification_probability_is_one check (probability between 0 and 1),
    -- The stream that brought it: the topic of the run, or its subscription; null where there is none.
    stream text,
    received timestamptz not null default now()
);
-- Each says a thing once, whichever streams repeat it.
create unique index classification_once
    on classification (alert_id, classifier, version, class, coalesce(class_id, -1));

-- What brokers say of an alert in a word.
create table alert_tag (
    alert_id bigint not null references alert on delete cascade,
    tag text not null,
    stream text,
    received timestamptz not null default now(),
    primary key (alert_id, tag)
);

-- By what results are sorted besides. Where nothing has the value, which is most runs of ZTF, all entries of these indexes
-- come in order.
alter table run_alert
    add column snr double precision,
    add column reliability double precision,
    -- Days since the first detection.
    add column age double precision,
    -- The highest that a classifier gave.
    add column probability double precision;
create index run_alert_snr_up on run_alert (run_id, coalesce(snr, 'infinity'::float8), alert_id);
create index run_alert_snr_down on run_alert (run_id, coalesce(snr, '-infinity'::float8), alert_id);
create index run_alert_reliability_up on run_alert (run_id, coalesce(reliability, 'infinity'::float8), alert_id);
create index run_alert_reliability_down on run_alert (run_id, coalesce(reliability, '-infinity'::float8), alert_id);
create index run_alert_age_up on run_alert (run_id, coalesce(age, 'infinity'::float8), alert_id);
create index run_alert_age_down on run_alert (run_id, coalesce(age, '-infinity'::float8), alert_id);
create index run_alert_probability_up on run_alert (run_id, coalesce(probability, 'infinity'::float8), alert_id);
create index run_alert_probability_down on run_alert (run_id, coalesce(probability, '-infinity'::float8), alert_id);

-- When somebody last tried to read it again; null: never. Who tries again begins with what was not tried yet.
alter table unreadable add column tried timestamptz;
